"""Where files are kept."""

from __future__ import annotations

import os
import stat
import warnings
from dataclasses import fields, replace
from pathlib import Path

import pytest

from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.storage.paths import Paths


def test_studybuddy_home_holds_everything(tmp_path: Path) -> None:
    paths = Paths.from_environment({"STUDYBUDDY_HOME": str(tmp_path)})
    assert paths.settings_file == tmp_path / "config" / "settings.toml"
    assert paths.keys_file.parent == tmp_path / "config"
    assert paths.database_file.parent == tmp_path / "data"
    assert paths.instances_dir.parent == tmp_path / "data"
    assert paths.models_dir == tmp_path / "cache" / "models"
    assert paths.log_file.parent == tmp_path / "log"
    assert paths.engine_file.parent == tmp_path / "run"


def test_studybuddy_home_may_be_relative_or_begin_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Paths.from_environment({"STUDYBUDDY_HOME": "here"}).config == tmp_path / "here/config"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Paths.from_environment({"STUDYBUDDY_HOME": "~/sb"}).data == tmp_path / "sb" / "data"


def test_without_it_the_platform_decides_and_nothing_is_said_about_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = Paths.from_environment({"STUDYBUDDY_HOME": " "})
    for field in fields(Paths):
        folder: Path = getattr(paths, field.name)
        assert folder.is_absolute()
        assert "studybuddy" in folder.parts


@pytest.mark.skipif(os.name != "posix", reason="modes are told otherwise here")
def test_created_folders_are_for_the_student_only(tmp_path: Path) -> None:
    paths = Paths.from_environment({"STUDYBUDDY_HOME": str(tmp_path / "new" / "home")})
    paths.create()
    paths.create()
    for field in fields(Paths):
        assert stat.S_IMODE(getattr(paths, field.name).stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)
    paths = Paths.from_environment({"STUDYBUDDY_HOME": str(ordinary_folder / "home")})
    with pytest.raises(StudyBuddyError) as caught:
        paths.create()
    assert caught.value.problem.kind is ProblemKind.STORAGE
    assert "not allowed to write" in str(caught.value)
    assert str(paths.config) in str(caught.value)


def test_a_log_folder_that_cannot_be_made_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    paths = Paths.from_environment({"STUDYBUDDY_HOME": str(tmp_path)})
    replace(paths, log=tmp_path / "file" / "log").create()
    assert paths.data.is_dir()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs two users")
def test_a_runtime_folder_that_someone_else_laid_out_is_refused(tmp_path: Path) -> None:
    paths = Paths.from_environment({"STUDYBUDDY_HOME": str(tmp_path)})
    paths.runtime.mkdir()
    os.chown(paths.runtime, 65534, 65534)
    with pytest.raises(StudyBuddyError):
        paths.create()
