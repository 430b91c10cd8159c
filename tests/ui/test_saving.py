"""Writing a text where the student says."""

from __future__ import annotations

from pathlib import Path

import pytest

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.saving import Unsure, save, shown_path


def test_a_new_file_is_written_as_it_is(tmp_path: Path) -> None:
    path = save(f"  {tmp_path}/my code.py ", "x = 1\n", sure=False)
    assert path == tmp_path / "my code.py"
    assert path.read_bytes() == b"x = 1\n"


def test_the_home_folder_has_a_short_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = save("~/x.py", "x", sure=False)
    assert path == tmp_path / "x.py"
    assert shown_path(path) == "~/x.py"


def test_a_file_is_replaced_only_where_that_is_sure(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("old")
    with pytest.raises(Unsure, match="Enter again replaces it"):
        save(str(path), "new", sure=False)
    assert path.read_text() == "old"
    save(str(path), "new", sure=True)
    assert path.read_text() == "new"


def test_a_folder_is_made_only_where_that_is_sure(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.py"
    with pytest.raises(Unsure, match="There is no folder"):
        save(str(path), "new", sure=False)
    assert not (tmp_path / "a").exists()
    assert save(str(path), "new", sure=True).read_text() == "new"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("  ", "Type the name"),
        ("{}", "is a folder; add the name"),
        ("{}/", "is a folder; add the name"),
        ("{}/new/", "is a folder; add the name"),
        ("'{}/", "is a folder; add the name"),
        ("{}/file/x.py", "can't be written: Not a directory"),
        ("~nobody-of-that-name/x.py", "nobody's home folder"),
        ("{}/nul\0.py", "can't be written"),
        ("{}/" + "n" * 300, "can't be written: File name too long"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(
    typed: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyBuddyError, match=sentence):
        save(typed.format(tmp_path), "x", sure=True)


@pytest.mark.parametrize("typed", ["'{}/x.py'", '"{}/x.py"', "{}/a\\ b.py", "file://{}/x.py"])
def test_quotes_and_addresses_are_understood(typed: str, tmp_path: Path) -> None:
    save(typed.format(tmp_path), "x", sure=False)
    assert [path.name for path in tmp_path.iterdir()] in (["x.py"], ["a b.py"])
