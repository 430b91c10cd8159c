"""`studybuddy tokens`: how many tokens a text or a whole request has."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

from studybuddy.commands.counting import Counted, count_request, count_text
from studybuddy.commands.question import Unusable
from studybuddy.commands.request_file import read_request
from studybuddy.commands.text_input import STDIN, name_of, opened, text_blocks
from studybuddy.domain.counting import TokenCounter
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless

OK = 0
BAD_INPUT = 2
"""The text, the request or an argument is no good, or the number can't be written."""
INTERRUPTED = 130

PATIENCE = 3.0
"""Seconds after which a terminal is told how far it is."""

_EXIT_CODES = (
    "Standard output has the number alone; standard error says so where it is an estimate (≈). "
    "Without --model it counts for the model that a request names, else for the one that is set "
    "up. "
    "Exit codes: 0 counted; 2 the text, the request or an argument is no good; 130 interrupted."
)


@dataclass(frozen=True, slots=True)
class TokensServices:
    """What the command works with."""

    counter: TokenCounter
    model: str
    """The model to count for, where neither the arguments nor a request name one."""
    stdin: TextIO | None = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    """Seconds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments; those the program shares keep what came before `tokens`."""
    parser.epilog = _EXIT_CODES
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="text to count; - or none for standard input"
    )
    parser.add_argument(
        "--messages",
        metavar="FILE.json",
        help="count a whole request: a list of role and content, or an object with “messages”",
    )
    parser.add_argument("--ids", action="store_true", help="print the tokens' numbers")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    shared: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--model", metavar="NAME", help="model to count for", **shared)


def run(args: argparse.Namespace, services: TokensServices) -> int:
    """Count, print, and return the exit code."""
    try:
        counted = _count(args, services)
    except Unusable as error:
        return _failed(str(error), services)
    except StudyBuddyError as error:
        return _failed(str(error.problem), services)
    except KeyboardInterrupt:
        return INTERRUPTED
    if not counted.count.exact:
        _say(f"≈ {'; '.join(counted.doubts)}.", services.stderr)
    try:
        for text in _shown(args, counted, services):
            services.stdout.write(text)
        services.stdout.flush()
    except BrokenPipeError:
        _forget(services.stdout)  # the reader has seen enough
    except OSError as error:
        return _failed(f"The number can't be written: {error.strerror or error}.", services)
    return OK


def _count(args: argparse.Namespace, services: TokensServices) -> Counted:
    if args.messages is None:
        given = args.file
        if given is None:
            if services.stdin is None or services.stdin.isatty():
                raise Unusable(
                    "There is no text. Name a file, or pipe one in: studybuddy tokens < notes.txt"
                )
            given = STDIN
        with (
            opened(given, services.stdin) as stream,
            _told(text_blocks(given, stream), services) as blocks,
        ):
            return count_text(blocks, services.counter, services.model, with_ids=args.ids)
    if args.file is not None:
        raise Unusable("Give a text or --messages, not both.")
    if args.ids:
        raise Unusable("--ids is for texts: a request's own tokens are not published.")
    with opened(args.messages, services.stdin) as stream:
        text = "".join(text_blocks(args.messages, stream))
    request = read_request(text, name_of(args.messages))
    model = getattr(args, "model", None) or request.model or services.model
    return count_request(request, services.counter, model)


@contextmanager
def _told(blocks: Iterator[str], services: TokensServices) -> Iterator[Iterator[str]]:
    """The same blocks; where they take long, a line at the terminal says how far they are."""
    stderr, began = services.stderr, services.clock()
    tells = stderr.isatty() and os.environ.get("TERM") != "dumb"
    shown = False

    def watched() -> Iterator[str]:
        nonlocal shown
        characters = 0
        for block in blocks:
            if tells and services.clock() - began >= PATIENCE:
                line = _fit(f"Counting… {characters:,} characters so far", stderr)
                stderr.write(f"\r\x1b[K{line}")
                stderr.flush()
                shown = True
            characters += len(block)
            yield block

    try:
        yield watched()
    finally:
        if shown:
            stderr.write("\r\x1b[K")
            stderr.flush()


def _shown(args: argparse.Namespace, counted: Counted, services: TokensServices) -> Iterator[str]:
    """What goes to standard output, in parts: ids can be many."""
    ids = counted.ids
    if not args.json:
        if ids is None:
            yield f"{counted.count.tokens}\n"
        else:
            yield from _joined(ids, " ")
            yield "\n"
        return
    told: dict[str, Any] = {
        "model": counted.model,
        "encoding": services.counter.encoding_of(counted.model)[0],
        "tokens": counted.count.tokens,
        "exact": counted.count.exact,
        "characters": counted.characters,
        "bytes": counted.bytes,
    }
    if counted.messages is not None:
        told["messages"] = counted.messages
    if counted.doubts:
        told["why"] = counted.doubts
    if ids is None:
        yield json.dumps(told) + "\n"
        return
    yield json.dumps(told).removesuffix("}") + ', "ids": ['
    yield from _joined(ids, ", ")
    yield "]}\n"


def _joined(ids: Sequence[int], between: str) -> Iterator[str]:
    for start in range(0, len(ids), 10_000):
        yield between if start else ""
        yield between.join(map(str, ids[start : start + 10_000]))


def _failed(sentence: str, services: TokensServices) -> int:
    _say(f"studybuddy: {harmless(sentence)}", services.stderr)
    return BAD_INPUT


def _say(text: str, stderr: TextIO) -> None:
    print(_fit(text, stderr), file=stderr)


def _fit(text: str, stderr: TextIO) -> str:
    """A text as far as the encoding of standard error can show it."""
    encoding = getattr(stderr, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _forget(stream: TextIO) -> None:
    """Keep the interpreter from writing to a closed pipe once more as it ends."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
