"""Text files that the student names: read whole or in blocks, written without losing another."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from studybuddy.domain.placing import put_in_place
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError


class NoText(Exception):
    """What was read is no text in an encoding that is known."""

    def sentence(self, name: str) -> str:
        """It is told so of a file of that name."""
        return f"{name} is no text in UTF-8 or UTF-16."


def decoded(blocks: Iterable[bytes]) -> Iterator[str]:
    """The text of some blocks as it is, line ends and all, without a byte order mark.

    It may be UTF-8, or UTF-16 with a byte order mark.

    Raises:
        NoText: where it is something else.
    """
    decoder: codecs.IncrementalDecoder | None = None
    try:
        for block in blocks:
            if decoder is None:
                is_utf16 = block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
                decoder = codecs.getincrementaldecoder("utf-16" if is_utf16 else "utf-8-sig")()
            text = decoder.decode(block)
            if "\0" in text:
                raise NoText
            yield text
        if decoder is not None:
            yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise NoText from None


def unreadable(name: str, error: OSError | ValueError) -> str:
    """A sentence on why a file could not be opened or read; `name` is as it was typed."""
    if isinstance(error, FileNotFoundError):
        return f"There is no file {name}."
    if isinstance(error, IsADirectoryError):
        return f"{name} is a folder; give one of its files."
    return f"{name} can't be read ({getattr(error, 'strerror', None) or error})."


def read_text(path: Path, most_bytes: int, typed: str = "") -> str:
    """The text of a file, see `decoded`; touches the disk. `typed` is how the student named it.

    Raises:
        StudyBuddyError: where it can't be read, is longer than `most_bytes`, or is no text.
    """
    name = typed or str(path)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise _problem(f"{name} is no file.", "Give the path of a text file.")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise _problem(unreadable(name, error)) from error
    if len(data) > most_bytes:
        raise _problem(
            f"{name} has more than {most_bytes // 1_000_000} MB.",
            "“studybuddy tokens FILE” counts it.",
        )
    try:
        return "".join(decoded([data]))
    except NoText as error:
        raise _problem(error.sentence(name)) from error


def write_text(path: Path, text: str, *, replace: bool = False, private: bool = False) -> None:
    """Write a new file, whole or not at all; touches the disk.

    A `private` one is readable by its owner only, from the moment it exists.

    Raises:
        FileExistsError: where there is one and `replace` is not set.
        StudyBuddyError: where it can't be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not replace:
            raise FileExistsError(path)
        descriptor = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666
        )
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        put_in_place(part, path, replace=replace)
    except FileExistsError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        with suppress(OSError, ValueError):
            part.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _problem(f"“{path}” can't be written: {reason}.", "Give another path.") from error


def _problem(sentence: str, advice: str = "") -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.STORAGE, sentence, advice))
