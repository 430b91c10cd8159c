"""Files that a question mentions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.study.mentions import attach, in_fence, mentioned, written

QUESTION = "Explain @notes/cells.md, please."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "cells.md").write_text("# Cells\r\n\x1b[31mred\r\n")
    (tmp_path / "my essay.txt").write_text("No line end")
    return tmp_path


def test_the_text_comes_behind_the_question_in_a_fence_under_its_name(folder: Path) -> None:
    whole = attach(QUESTION, folder)
    assert whole.text == (f"{QUESTION}\n\nFile notes/cells.md:\n```md\n# Cells\n␛[31mred\n```")
    assert whole.text.split("\n") == [*QUESTION.split("\n"), *whole.tail[1:].split("\n")]


def test_a_name_with_blanks_is_between_quotes(folder: Path) -> None:
    assert written("my essay.txt") == '@"my essay.txt"'
    whole = attach(f"Mark {written('my essay.txt')}.", folder)
    assert whole.text.endswith("File my essay.txt:\n```txt\nNo line end\n```")


@given(st.text(st.characters(exclude_categories=["C"], exclude_characters='"'), min_size=1))
def test_a_mention_that_is_written_is_found_again(name: str) -> None:
    assert mentioned(f"see {written(name)} and")[:1] == [name]


def test_a_fence_is_longer_than_those_in_the_file(folder: Path) -> None:
    (folder / "code.md").write_text("````python\nprint()\n````\n")
    assert "\n`````md\n````python" in attach("@code.md", folder).text


@pytest.mark.parametrize(
    "text",
    [
        "me@notes/cells.md",
        "@nobody says so",
        "@property\ndef name(self): ...",
        "`@notes/cells.md`",
        "```\n@notes/cells.md\n```",
        "~~~\n```\n@notes/cells.md",
        "@notes/",
        "@notes",
        "@\0",
        f"@{'x' * 5000}",
        '@ @@ @"" @"',
    ],
)
def test_what_is_no_mention_of_a_file_stays_what_it_is(text: str, folder: Path) -> None:
    assert attach(text, folder).text == text


@pytest.mark.parametrize(
    "text", ["(@notes/cells.md)", "@notes/cells.md?!", "“@notes/cells.md”", "a,@notes/cells.md."]
)
def test_marks_around_a_name_are_not_part_of_it(text: str, folder: Path) -> None:
    assert [file.name for file in attach(text, folder).files] == ["notes/cells.md"]


def test_a_file_goes_along_once_and_not_again_with_a_question_that_has_it(folder: Path) -> None:
    whole = attach("@notes/cells.md @notes/cells.md @notes/../notes/cells.md", folder)
    assert [file.name for file in whole.files] == ["notes/cells.md"]
    again = attach(attach(QUESTION, folder).text, folder)
    assert again.files == ()


def test_a_hidden_file_goes_along_only_where_it_was_chosen(folder: Path) -> None:
    (folder / ".env").write_text("KEY=1")
    assert attach("@.env", folder).files == ()
    assert [file.text for file in attach("@.env", folder, {".env"}).files] == ["KEY=1"]


def test_a_link_leads_to_no_hidden_file_either_unless_it_was_chosen(folder: Path) -> None:
    (folder / ".ssh").mkdir()
    (folder / ".ssh" / "id").write_text("KEY")
    (folder / "mine").symlink_to(folder / ".ssh")
    (folder / "notes" / "key").symlink_to("../.ssh/id")
    for name in ("mine/id", "notes/key", "notes/../mine/id"):
        assert attach(f"See @{name}", folder).files == ()
        assert attach(f"See @{name}", folder / "notes").files == ()
        assert [file.text for file in attach(f"@{name}", folder, {name}).files] == ["KEY"]
    assert attach(f"See @{folder}/mine/id", folder / "notes").files == ()


def test_a_folder_that_is_hidden_itself_may_be_worked_in(folder: Path) -> None:
    here = folder / ".study" / "week.1"
    here.mkdir(parents=True)
    (here / "cells.md").write_text("ATP")
    assert [file.text for file in attach("@cells.md", here).files] == ["ATP"]
    assert attach(f"@{here}/cells.md", folder).files == ()


def test_files_of_our_own_go_along_in_no_case(folder: Path) -> None:
    own = folder / "home" / "config"
    own.mkdir(parents=True)
    (own / "keys.json").write_text("{}")
    (folder / "link").symlink_to(own)
    for name in ("home/config/keys.json", "link/keys.json"):
        assert attach(f"@{name}", folder, private=[own]).files == ()
        with pytest.raises(StudyBuddyError, match="may hold keys"):
            attach(f"@{name}", folder, {name}, private=[folder / "link"])
    assert attach(QUESTION, folder, private=[own, folder / "none"]).files


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc")
def test_what_a_process_keeps_to_itself_does_not_go_along(folder: Path) -> None:
    assert attach("@/proc/self/environ @/proc/self/status", folder).files == ()


def refusal(text: str, folder: Path, *chosen: str) -> str:
    with pytest.raises(StudyBuddyError) as refused:
        attach(text, folder, chosen, most_bytes=2_000_000)
    return str(refused.value.problem)


def test_what_can_not_go_along_is_told_in_a_sentence(folder: Path) -> None:
    (folder / "a.bin").write_bytes(b"\x00\xff")
    (folder / "long.txt").write_text("x" * 2_000_001)
    (folder / "slides.pdf").write_bytes(b"%PDF-1.7")
    assert "a.bin is no text" in refusal("@a.bin", folder)
    assert "long.txt has more than 2 MB" in refusal("@long.txt", folder)
    assert "slides.pdf is a PDF file" in refusal("@slides.pdf", folder)
    assert "F5" in refusal("@slides.pdf", folder)
    assert "There is no file gone.md" in refusal("@gone.md.", folder, "gone.md")
    assert "notes is a folder" in refusal("@notes", folder, "notes")


def test_a_fence_is_open_until_one_like_it_closes_it() -> None:
    assert in_fence(["a", "```python"])
    assert in_fence(["~~~~", "~~~", "```"])
    assert not in_fence(["```", "x", "````"])
    assert not in_fence(["text with ``` in it"])


def test_a_picture_is_called_one_and_all_files_that_cannot_go_along_are_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "cell.png").write_bytes(b"\x89PNG\r\n\x1a\n\xff")
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(StudyBuddyError) as raised:
        attach("What is in @cell.png?", tmp_path)
    assert "cell.png is a picture" in raised.value.problem.sentence
    with pytest.raises(StudyBuddyError) as raised:
        attach("Compare @cell.png with @notes.pdf", tmp_path)
    assert "cell.png is a picture" in raised.value.problem.sentence
    assert "notes.pdf is a PDF file" in raised.value.problem.sentence
