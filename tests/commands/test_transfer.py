"""`studybuddy export` and `studybuddy import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studybuddy.cli import main

CHATGPT = [
    {
        "title": "Cells",
        "create_time": 90.0,
        "conversation_id": "c1",
        "current_node": "q",
        "mapping": {
            "q": {
                "parent": None,
                "children": [],
                "message": {
                    "author": {"role": "user"},
                    "content": {"content_type": "text", "parts": ["How?"]},
                },
            }
        },
    }
]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDYBUDDY_HOME", str(tmp_path / "home"))


@pytest.fixture
def chatgpt(tmp_path: Path) -> Path:
    """An export of ChatGPT."""
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(CHATGPT))
    return path


def test_what_is_imported_can_be_exported_both_ways(
    tmp_path: Path, chatgpt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(chatgpt)]) == 0
    assert "1 conversation added, 1 messages" in capsys.readouterr().out
    assert main(["import", str(chatgpt)]) == 0
    assert "0 conversations added" in capsys.readouterr().out
    assert main(["export", str(tmp_path / "all.json")]) == 0
    assert json.loads((tmp_path / "all.json").read_text())["conversations"][0]["title"] == "Cells"
    assert main(["export", str(tmp_path / "notes")]) == 0
    assert "How?" in (tmp_path / "notes" / "cells.md").read_text()


def test_what_is_there_is_replaced_only_when_that_is_asked_for(
    tmp_path: Path, chatgpt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "all.json"
    path.write_text("mine")
    assert main(["export", str(path)]) == 2
    assert "--replace" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert main(["export", str(path), "--replace"]) == 0
    assert main(["export", str(tmp_path / "all.txt")]) == 2


@pytest.mark.parametrize(
    ("place", "code"), [("afile", 2), ("afile/sub", 1), ("afile/all.json", 1), ("afile/a/b", 1)]
)
def test_what_can_not_be_written_there_is_told_in_a_sentence(
    place: str, code: int, tmp_path: Path, chatgpt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(chatgpt)]) == 0
    (tmp_path / "afile").write_text("mine")
    assert main(["export", str(tmp_path / place)]) == code
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "afile" in told
    assert "17" not in told.replace(str(tmp_path), "")


def test_a_folder_with_a_file_of_that_name_is_told(
    tmp_path: Path, chatgpt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(chatgpt)]) == 0
    for told in ("", f"{tmp_path / 'notes' / 'cells.md'} is there already"):
        assert main(["export", str(tmp_path / "notes")]) == (2 if told else 0)
        assert told in capsys.readouterr().err


def test_files_that_can_not_be_read_are_told_and_the_others_are_read(
    tmp_path: Path, chatgpt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(tmp_path / "none.zip"), str(chatgpt)]) == 1
    told = capsys.readouterr()
    assert "“none.zip” can't be read in" in told.err
    assert "1 conversation added" in told.out
