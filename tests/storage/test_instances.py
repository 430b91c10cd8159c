"""Who runs on a data folder."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from filelock import FileLock

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.storage.instances import Instance
from tests.support import store_process


def test_an_instance_is_seen_while_it_is_registered(tmp_path: Path) -> None:
    one, two = Instance(tmp_path / "i"), Instance(tmp_path / "i")
    assert not one.any_other_alive()
    one.register()
    one.register()
    assert two.is_alive(one.id)
    assert two.others() == [one.id]
    assert one.is_alive(one.id)
    assert not one.any_other_alive()
    one.release()
    one.release()
    assert not two.is_alive(one.id)
    assert not two.any_other_alive()


def test_nothing_is_left_of_an_instance_that_ended_well(tmp_path: Path) -> None:
    one = Instance(tmp_path)
    one.register()
    assert [path.stem for path in tmp_path.glob("*.lock")] == [one.id]
    one.release()
    assert list(tmp_path.iterdir()) == []


def test_files_that_the_dead_left_are_removed_and_those_of_the_living_are_not(
    tmp_path: Path,
) -> None:
    living = Instance(tmp_path)
    living.register()
    (tmp_path / "0123.lock").touch()
    new = Instance(tmp_path)
    new.register()
    assert {path.stem for path in tmp_path.glob("*.lock")} == {living.id, new.id}
    assert new.others() == [living.id]
    living.release()
    new.release()


def test_any_program_that_holds_a_lock_file_counts(tmp_path: Path) -> None:
    with FileLock(tmp_path / "abc.lock"):
        assert Instance(tmp_path).others() == ["abc"]
    assert not Instance(tmp_path).any_other_alive()


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "never seen"])
def test_a_name_that_is_no_instance_is_not_alive(tmp_path: Path, name: str) -> None:
    assert not Instance(tmp_path).is_alive(name)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_is_dead_at_once(tmp_path: Path) -> None:
    with store_process.start(tmp_path, "journal") as process:
        assert process.stdout is not None
        process.stdout.readline()
        me = Instance(tmp_path / "instances")
        assert me.any_other_alive()
        process.send_signal(signal.SIGTERM if not hasattr(signal, "SIGKILL") else signal.SIGKILL)
        process.wait()
        assert not me.any_other_alive()


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)
    with pytest.raises(StudyBuddyError, match="not allowed to write"):
        Instance(ordinary_folder / "i").register()
