"""Writing a text to a file that the student names."""

from __future__ import annotations

import os
from pathlib import Path

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.study.text_files import write_text
from studybuddy.study.typed_paths import path_of

_REPLACE = "There is such a file. Enter again replaces it; or type another name."


class Unsure(Exception):
    """Something would be replaced or made; its text asks whether it may be."""

    @classmethod
    def to_replace(cls) -> Unsure:
        """Of a file that is there."""
        return cls(_REPLACE)


def save(typed: str, text: str, *, sure: bool, private: bool = False) -> Path:
    """Write a text where `typed` says, and return where that is; touches the disk.

    A `private` one is readable by its owner only.

    Raises:
        Unsure: where a file would be replaced or a folder made, and `sure` is not set.
        StudyBuddyError: where no file is named, or the disk fails.
    """
    path = checked(typed, sure=sure)
    try:
        write_text(path, text, replace=sure, private=private)
    except FileExistsError:
        raise Unsure.to_replace() from None
    return path


def checked(typed: str, *, sure: bool) -> Path:
    """Where a file that the student names would be; its folder is made where `sure` is set.

    Raises:
        Unsure: where the folder is not there, and `sure` is not set.
        StudyBuddyError: where no file is named, or the disk fails.
    """
    if not typed.strip():
        raise _problem("Type the name of a file to write.")
    path = path_of(typed)
    try:
        if str(path).startswith("~"):
            raise _problem(f"“{path.parts[0]}” is nobody's home folder here.")
        if typed.rstrip("\"'").endswith(("/", os.sep)) or path.is_dir():
            raise _problem(f"“{path}” is a folder; add the name of a file.")
        if path.exists() and not path.is_file():
            raise _problem(f"“{path}” is no file that could be written.")
        folder = path.parent
        if not folder.exists():
            if not sure:
                raise Unsure(f"There is no folder “{folder}”. Enter again makes it.")
            folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise _problem(f"“{path}” can't be written: {reason}.", "Give another path.") from error
    return path.absolute()


def shown_path(path: Path) -> str:
    """A path as it is told and typed, with ~ for the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def _problem(sentence: str, advice: str = "") -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.STORAGE, sentence, advice))
