"""Texts from files and pipes, in blocks, so that their size does not matter."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from studybuddy.commands.question import Unusable

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
    except FileNotFoundError:
        raise Unusable(f"There is no file {given}.") from None
    except IsADirectoryError:
        raise Unusable(f"{given} is a folder; give one of its files.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise Unusable(f"{given} can't be read ({reason}).") from None
    with file:
        yield file


def text_blocks(given: str, stream: BinaryIO) -> Iterator[str]:
    """The text as it is, line ends and all, without a byte order mark.

    It may be UTF-8, or UTF-16 with a byte order mark.

    Raises:
        Unusable: where it is no text, or stops being readable.
    """
    try:
        block = stream.read(BLOCK)
        is_utf16 = block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        decoder = codecs.getincrementaldecoder("utf-16" if is_utf16 else "utf-8-sig")()
        while block:
            text = decoder.decode(block)
            if "\0" in text:
                raise Unusable(f"{name_of(given)} is no text.")
            yield text
            block = stream.read(BLOCK)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Unusable(f"{name_of(given)} is no text in UTF-8 or UTF-16.") from None
    except OSError as error:
        raise Unusable(f"{name_of(given)} can't be read ({error.strerror or error}).") from None
