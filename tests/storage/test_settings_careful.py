"""What the student did not see in the settings file is not written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.settings import Settings
from studybuddy.storage.settings_file import read_settings, save_setting

TEXT = '# mine\ntheme = "nord"  # dark\n'


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_setting_that_is_as_it_was_seen_is_written_and_comments_stay(tmp_path: Path) -> None:
    file = written(tmp_path / "settings.toml", TEXT)
    seen = read_settings(file)
    file.write_text(f"{TEXT}sidebar = false\n")  # something else was changed by hand
    save_setting(file, ("theme",), "gruvbox", seen=seen)
    assert file.read_text() == '# mine\ntheme = "gruvbox"  # dark\nsidebar = false\n'


def test_a_setting_that_was_changed_by_hand_meanwhile_stays(tmp_path: Path) -> None:
    file = written(tmp_path / "settings.toml", TEXT)
    seen = read_settings(file)
    file.write_text('theme = "dracula"\n')
    with pytest.raises(StudyBuddyError) as error:
        save_setting(file, ("theme",), "gruvbox", seen=seen)
    assert "`theme` was changed in" in str(error.value.problem)
    assert file.read_text() == 'theme = "dracula"\n'


def test_a_file_that_is_broken_by_now_stays_as_it_is(tmp_path: Path) -> None:
    file = written(tmp_path / "settings.toml", "theme = nord\n")
    with pytest.raises(StudyBuddyError) as error:
        save_setting(file, ("theme",), "gruvbox", seen=Settings())
    assert "not valid TOML" in str(error.value.problem)
    assert "line 1" in str(error.value.problem)
    assert file.read_text() == "theme = nord\n"
    assert [path.name for path in tmp_path.iterdir() if "damaged" in path.name] == []
    with pytest.raises(StudyBuddyError):
        read_settings(file)


def test_a_whole_entry_is_taken_out(tmp_path: Path) -> None:
    text = '[endpoints.lab]  # ours\nbase_url = "http://h/v1"\n[endpoints.home]\nbase_url = "http://i/v1"\n'
    file = written(tmp_path / "settings.toml", text)
    save_setting(file, ("endpoints", "lab"), None, seen=read_settings(file))
    assert list(read_settings(file).endpoints) == ["home"]
