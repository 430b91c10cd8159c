"""Tokens and the engine's address on disk: private, whole, and not trusted blindly."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from studybuddy.engine.private_files import (
    EngineFile,
    checked_token,
    make_private,
    new_token,
    read_engine_file,
    remove_engine_file,
    token_from_file,
    write_engine_file,
)

FILE = EngineFile(pid=12, port=3456, token="secret-token", version="1")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_file_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "token"
    token = token_from_file(path)
    assert token_from_file(path) == token
    assert len(token) > 30
    assert token != new_token()
    if os.name == "posix":
        assert mode(path) == 0o600


def test_a_token_written_by_hand_is_taken_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("my-own-token\n")
    assert token_from_file(tmp_path / "token") == "my-own-token"


@pytest.mark.parametrize(
    "token", ["", "short", "two words here", "schlüssel-wort", "line\nbreak-in"]
)
def test_a_token_that_no_header_can_carry_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="The token in X can't be used"):
        checked_token(token, "the token in X")


def test_the_engines_file_is_private_and_comes_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "engine.json"
    write_engine_file(path, FILE)
    assert read_engine_file(path) == FILE
    assert list(tmp_path.iterdir()) == [path]
    assert FILE.base_url == "http://127.0.0.1:3456/v1"
    assert "secret" not in repr(FILE)
    if os.name == "posix":
        assert mode(path) == 0o600


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b'{"pid": 1}', b"\xff", b'{"pid": "x"}']
)
def test_a_file_that_is_none_of_an_engine_reads_as_nothing(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "engine.json"
    if content is not None:
        path.write_bytes(content)
    assert read_engine_file(path) is None


def test_an_engine_removes_only_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "engine.json"
    write_engine_file(path, FILE)
    remove_engine_file(path, pid=13)
    assert path.exists()
    remove_engine_file(path, pid=12)
    assert not path.exists()


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_a_database_and_what_lies_beside_it_become_private(tmp_path: Path) -> None:
    database = tmp_path / "a.sqlite3"
    make_private(database)
    assert mode(database) == 0o600
    log = tmp_path / "a.sqlite3-wal"
    for path in (database, log):
        path.write_bytes(b"what an earlier version wrote")
        path.chmod(0o644)
    make_private(database)
    assert (mode(database), mode(log)) == (0o600, 0o600)
    assert database.read_bytes() == b"what an earlier version wrote"
