"""The question of `studybuddy ask`, from its words, standard input and files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from studybuddy.study.text_files import NoText, decoded, unreadable

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes; no model's context holds more text than that."""


class Unusable(Exception):
    """The question can't be asked; the message says why."""


def compose(words: Sequence[str], files: Sequence[Path], stdin: TextIO) -> str:
    """The whole message: the question, then each file between fences under its name.

    Raises:
        Unusable: where there is no question, or a file can't be used.
    """
    if list(words) == ["-"] or (not words and not stdin.isatty()):
        try:
            question = stdin.read()
        except UnicodeDecodeError:
            raise Unusable("Standard input is no text.") from None
    else:
        question = " ".join(words)
    question = question.strip()
    if not question:
        raise Unusable(
            "There is no question. Write it after “ask”, or give - to read it from standard input."
        )
    if "\0" in question:
        raise Unusable("The question is no text.")
    return "\n\n".join([question, *(_block(file) for file in files)])


def _block(file: Path) -> str:
    text = _text(file).rstrip("\n")
    # Longer than any run of backticks inside, so that a file can't end its own block.
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{file.name}:\n{fence}\n{text}\n{fence}"


def _text(file: Path) -> str:
    """The text of a file."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Unusable(f"{file} is larger than {LARGEST_FILE // 1024 // 1024} MB.")
        data = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise Unusable(unreadable(str(file), error)) from None
    try:
        return "".join(decoded([data]))
    except NoText as error:
        raise Unusable(error.sentence(str(file))) from None
