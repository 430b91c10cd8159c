"""How many threads a computation gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from studybuddy.engine.model import cores
from studybuddy.engine.model.cores import usable_cores
from studybuddy.engine.model.process import native_command


def test_two_threads_on_one_core_count_once(tmp_path: Path) -> None:
    for cpu, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        topology = tmp_path / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{siblings}\n")
    assert cores._distinct_cores(tmp_path, range(4)) == 2
    assert cores._distinct_cores(tmp_path, [0, 2]) == 1
    assert cores._distinct_cores(tmp_path, [7]) == 0


@pytest.mark.parametrize(
    ("content", "quota"),
    [("150000 100000\n", 1.5), ("max 100000\n", 0.0), ("", 0.0), ("1 0", 0.0), (None, 0.0)],
)
def test_the_limit_of_a_container_is_read(
    content: str | None, quota: float, tmp_path: Path
) -> None:
    file = tmp_path / "cpu.max"
    if content is not None:
        file.write_text(content)
    assert cores._container_quota(file) == quota


@pytest.mark.parametrize(("quota", "usable"), [(0.0, 8), (1.5, 2), (0.2, 1), (64.0, 8)])
def test_a_container_with_less_time_gets_fewer_threads(
    quota: float, usable: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "_physical_cores", lambda: 8)
    monkeypatch.setattr(cores, "_container_quota", lambda: quota)
    assert usable_cores() == usable


def test_there_is_at_least_one_core_here() -> None:
    assert usable_cores() >= 1


def test_writing_leaves_a_core_to_others_and_reading_takes_all() -> None:
    command = native_command(Path("m.gguf"), "m", 4)
    assert "--threads=3" in command
    assert "--prompt-threads=4" in command
    assert "--threads=1" in native_command(Path("m.gguf"), "m", 1)
