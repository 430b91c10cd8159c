"""Paths as they are typed, pasted, and dropped on a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from studybuddy.study.typed_paths import complete, read_paths

posix_only = pytest.mark.skipif(os.name == "nt", reason="as POSIX shells write paths")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("biology.pdf", "biology notes.pdf", "it's.md", "a?b#c.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "courses").mkdir()
    (tmp_path / "courses" / "maths.md").write_text("x")
    return tmp_path


def test_a_plain_path_is_read_also_with_spaces_in_it(folder: Path) -> None:
    assert read_paths(f"  {folder}/biology notes.pdf \n") == [folder / "biology notes.pdf"]


@posix_only
@pytest.mark.parametrize(
    "text",
    [
        "'{0}/biology notes.pdf'",
        '"{0}/biology notes.pdf"',
        "{0}/biology\\ notes.pdf",
        "file://{0}/biology%20notes.pdf",
        "'file://{0}/biology%20notes.pdf'",
    ],
)
def test_what_terminals_paste_for_a_dropped_file_is_understood(folder: Path, text: str) -> None:
    assert read_paths(text.format(folder)) == [folder / "biology notes.pdf"]


@posix_only
def test_a_quote_within_a_name_is_no_quote(folder: Path) -> None:
    assert read_paths(f"{folder}/it's.md") == [folder / "it's.md"]
    assert read_paths(f"'{folder}/it'\\''s.md'") == [folder / "it's.md"]


@posix_only
def test_several_dropped_files_are_several_paths(folder: Path) -> None:
    text = f"'{folder}/biology.pdf' '{folder}/biology notes.pdf'\n{folder}/courses"
    assert read_paths(text) == [
        folder / "biology.pdf",
        folder / "biology notes.pdf",
        folder / "courses",
    ]


@posix_only
def test_marks_of_addresses_are_part_of_a_files_name(folder: Path) -> None:
    assert read_paths(f"file://{folder}/a%3Fb%23c.txt") == [folder / "a?b#c.txt"]


def test_a_path_that_is_not_there_stays_one_path(folder: Path) -> None:
    assert read_paths(f"{folder}/no such thing.pdf") == [folder / "no such thing.pdf"]


def test_the_home_folder_is_expanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert read_paths("~/biology.pdf") == [folder / "biology.pdf"]


def test_blanks_are_no_path() -> None:
    assert read_paths(" \n ") == []


def test_completion_goes_as_far_as_the_names_agree_and_lists_them(folder: Path) -> None:
    text, names = complete(f"{folder}/bio")
    assert text == f"{folder}/biology"
    assert names == ["biology notes.pdf", "biology.pdf"]


def test_a_single_match_is_completed_and_a_folder_gets_its_slash(folder: Path) -> None:
    assert complete(f"{folder}/cou") == (f"{folder}/courses/", [])
    assert complete(f"{folder}/courses/m") == (f"{folder}/courses/maths.md", [])


def test_an_open_quote_stays_in_front_of_what_is_completed(folder: Path) -> None:
    assert complete(f"'{folder}/cou") == (f"'{folder}/courses/", [])


def test_what_matches_nothing_stays_as_it_is(folder: Path) -> None:
    assert complete(f"{folder}/zebra") == (f"{folder}/zebra", [])
    assert complete(f"{folder}/none/x") == (f"{folder}/none/x", [])


def test_hidden_files_are_offered_to_those_who_ask(folder: Path) -> None:
    (folder / ".secret").write_text("x")
    assert ".secret" not in complete(f"{folder}/")[1]
    assert complete(f"{folder}/.s")[0] == f"{folder}/.secret"
