"""Text files that the student names: read whole, or written without losing another."""

from __future__ import annotations

import os
from pathlib import Path

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError


def read_text(path: Path, most_bytes: int) -> str:
    """The text of a file; touches the disk.

    Raises:
        StudyBuddyError: where it can't be read, is longer than `most_bytes`, or is no text.
    """
    try:
        if not path.is_file():
            raise _problem("Give the path of a file.", f"“{path.name}” is none.")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _problem(f"“{path.name}” can't be read: {reason}.") from error
    if len(data) > most_bytes:
        raise _problem(
            f"“{path.name}” has more than {most_bytes // 1_000_000} MB.",
            "“studybuddy tokens FILE” counts it.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _problem(f"“{path.name}” is not a text in UTF-8.") from error
    if "\0" in text:
        raise _problem(f"“{path.name}” is not a text.")
    return text


def write_text(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a new file, whole or not at all; touches the disk.

    Raises:
        FileExistsError: where there is one and `replace` is not set.
        StudyBuddyError: where it can't be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not replace:
            raise FileExistsError(path)
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(path)
    except FileExistsError:
        raise
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or type(error).__name__
        raise _problem(f"“{path}” can't be written: {reason}.", "Give another path.") from error


def _problem(sentence: str, advice: str = "") -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.STORAGE, sentence, advice))
