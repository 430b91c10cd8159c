"""Texts from files and pipes, in blocks, so that their size does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from studybuddy.commands.question import Unusable
from studybuddy.study.text_files import NoText, decoded, unreadable

BLOCK = 1 << 20
"""Bytes read at a time."""

STDIN = "-"


def name_of(given: str) -> str:
    """How a sentence calls what was given for a file."""
    return "standard input" if given == STDIN else given


@contextmanager
def opened(given: str, stdin: TextIO | None) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input for "-".

    Raises:
        Unusable: where there are none to be had.
    """
    if given == STDIN:
        if stdin is None:
            raise Unusable("Standard input is closed.")
        yield stdin.buffer
        return
    try:
        file = Path(given).open("rb")  # noqa: SIM115 - closed below, apart from failing to open
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise Unusable(unreadable(given, error)) from None
    with file:
        yield file


def text_blocks(given: str, stream: BinaryIO) -> Iterator[str]:
    """The text as it is, line ends and all, without a byte order mark; see `decoded`.

    Raises:
        Unusable: where it is no text, or stops being readable.
    """
    try:
        yield from decoded(iter(lambda: stream.read(BLOCK), b""))
    except NoText as error:
        raise Unusable(error.sentence(name_of(given))) from None
    except OSError as error:
        raise Unusable(unreadable(name_of(given), error)) from None
