"""The files that are offered for a prompt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from studybuddy.study import file_finding
from studybuddy.study.file_finding import Tree, find


def write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("text")


def searched(folder: Path) -> Tree:
    tree = Tree(folder)
    tree.search()
    assert tree.whole
    return tree


def names(query: str, folder: Path) -> list[str]:
    return [file.name for file in find(query, searched(folder))]


def test_nearer_files_come_first_and_folders_can_be_gone_into(tmp_path: Path) -> None:
    write(tmp_path, "b.md", "a.md", "notes/cells.md", "notes/deep/dna.md")
    assert names("", tmp_path) == [
        "a.md", "b.md", "notes/", "notes/cells.md", "notes/deep/", "notes/deep/dna.md",
    ]  # fmt: skip
    assert names("cel", tmp_path)[0] == "notes/cells.md"
    assert names("notes/", tmp_path)[0] == "notes/"


def test_what_is_hidden_a_tools_or_no_text_is_left_out(tmp_path: Path) -> None:
    write(
        tmp_path, ".git/config", ".env", "node_modules/x/index.js", "__pycache__/a.pyc", "a.zip",
        "photo.PNG", 'quo"te.md', "line\nfeed.md", "essay.md", "slides.pdf", "Makefile",
    )  # fmt: skip
    assert names("", tmp_path) == ["Makefile", "essay.md", "slides.pdf"]


def test_a_path_that_leads_out_is_followed_as_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, work = tmp_path / "home", tmp_path / "desk"
    write(home, "notes/x.md", ".secret/key.md")
    write(work, "here.md")
    write(tmp_path, "y.md")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert names("~", work) == ["~/notes/"]
    assert names("~/no", work) == ["~/notes/"]
    assert names("~/notes/x", work) == ["~/notes/x.md"]
    assert names("~/.se", work) == ["~/.secret/"]
    assert names("../y", work) == ["../y.md"]
    assert names(f"{tmp_path.as_posix()}/de", work) == [f"{tmp_path.as_posix()}/desk/"]
    [found] = find("../y", searched(work))
    assert found.path.read_text() == "text"
    assert found.size == 4


def test_a_folder_that_the_search_leaves_out_can_be_typed(tmp_path: Path) -> None:
    write(tmp_path, "venv/notes.txt", "other.md")
    assert names("notes", tmp_path) == []
    assert names("venv/no", tmp_path) == ["venv/notes.txt"]


def test_a_link_that_leads_back_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "a/b.md")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert names("", tmp_path) == ["a/", "a/b.md"]


def test_a_search_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, *(f"{letter}/{number}.md" for letter in "abc" for number in range(9)))
    monkeypatch.setattr(file_finding, "MOST_FILES", 10)
    assert 10 <= len(searched(tmp_path).names) < 20
    stopped = Tree(tmp_path)
    stopped.stop()
    stopped.search()
    assert len(stopped.names) == 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_can_not_be_read_has_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a/b.md")
    (tmp_path / "a").chmod(0)
    try:
        assert names("", tmp_path) == ["a/"]
    finally:
        (tmp_path / "a").chmod(0o700)


def test_what_is_gone_since_is_not_offered(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.md")
    tree = searched(tmp_path)
    (tmp_path / "a.md").unlink()
    assert [file.name for file in find("", tree)] == ["b.md"]
    assert find("nowhere/at/all/x", tree) == []
    assert find("~nobody-of-that-name/x", tree) == []
    assert find("/\0", tree) == []
