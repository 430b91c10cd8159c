"""`studybuddy tokens`: how many tokens a text or a whole request has."""

from __future__ import annotations

import argparse
import json
import os
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from studybuddy.commands.question import Unusable
from studybuddy.commands.request_file import RequestText, read_request
from studybuddy.commands.text_input import STDIN, name_of, opened, text_blocks
from studybuddy.domain.counting import TokenCounter
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.domain.usage import Count
from studybuddy.tokens.cuts import cut_after

OK = 0
BAD_INPUT = 2
"""The text, the request or an argument is no good, or the number can't be written."""
INTERRUPTED = 130

_EXIT_CODES = (
    "Standard output has the number alone; standard error says so where it is an estimate (≈). "
    "Exit codes: 0 counted; 2 the text, the request or an argument is no good; 130 interrupted."
)

PIECE = 500_000
"""Characters counted at a time."""
LONGEST = 16 * PIECE
"""Characters without a place to cut, from which on it is cut anywhere."""

_PER_NAME = 1  # OpenAI's cookbook, "How to count tokens with tiktoken"
_FIRST_GENERATION = "gpt-3.5-turbo-0301"  # there a name stands in the place of the role


@dataclass(frozen=True, slots=True)
class TokensServices:
    """What the command works with."""

    counter: TokenCounter
    model: str
    """The model to count for."""
    stdin: TextIO | None = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)


@dataclass(slots=True)
class _Counted:
    """What is told in the end."""

    count: Count = field(default_factory=Count)
    characters: int = 0
    bytes: int = 0
    messages: int | None = None
    ids: array[int] | None = None
    doubts: list[str] = field(default_factory=list)
    """Why it is an estimate, half sentences."""


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


def _count(args: argparse.Namespace, services: TokensServices) -> _Counted:
    if args.messages is None:
        given = args.file
        if given is None:
            if services.stdin is None or services.stdin.isatty():
                raise Unusable(
                    "There is no text. Name a file, or pipe one in: studybuddy tokens < notes.txt"
                )
            given = STDIN
        return _count_text(given, services, with_ids=args.ids)
    if args.file is not None:
        raise Unusable("Give a text or --messages, not both.")
    if args.ids:
        raise Unusable("--ids is for texts: a request's own tokens are not published.")
    return _count_request(args.messages, services)


def _count_text(given: str, services: TokensServices, *, with_ids: bool) -> _Counted:
    counted = _Counted(ids=array("I") if with_ids else None)
    counter, model = services.counter, services.model
    encoding, own = counter.encoding_of(model)
    with opened(given, services.stdin) as stream:
        for piece, whole in _pieces(text_blocks(given, stream)):
            counted.characters += len(piece)
            counted.bytes += len(piece.encode("utf-8"))
            if counted.ids is None:
                count = counter.count(piece, model)
            else:
                before = len(counted.ids)
                counted.ids.extend(token.id for token in counter.tokens(piece, encoding))
                count = Count(len(counted.ids) - before, own)
            counted.count += Count(count.tokens, count.exact and whole)
    if not own:
        counted.doubts.append(_unknown_tokenizer(model, encoding))
    elif not counted.count.exact:
        counted.doubts.append("a part of the text is too long to be counted in one")
    return counted


def _count_request(given: str, services: TokensServices) -> _Counted:
    counter, model = services.counter, services.model
    with opened(given, services.stdin) as stream:
        text = "".join(text_blocks(given, stream))
    request = read_request(text, name_of(given))
    count = counter.count_request(request.messages, model)
    formula = count.exact
    for name in request.names:
        first = model.strip().lower().removeprefix("openai/") == _FIRST_GENERATION
        count += counter.count(name, model) + Count(-_PER_NAME if first else _PER_NAME)
    for besides in request.besides:
        count += counter.count(besides, model)
    counted = _Counted(
        Count(count.tokens, count.exact and not request.doubts),
        messages=len(request.messages),
        doubts=list(request.doubts),
    )
    for text in _texts(request):
        counted.characters += len(text)
        counted.bytes += len(text.encode("utf-8", "surrogatepass"))
    encoding, own = counter.encoding_of(model)
    if not own:
        counted.doubts.insert(0, _unknown_tokenizer(model, encoding))
    elif not formula:
        counted.doubts.insert(0, f"what {_named(model)} adds to each message is not published")
    return counted


def _texts(request: RequestText) -> Iterator[str]:
    yield from (text for _, text in request.messages)
    yield from request.names
    yield from request.besides


def _pieces(blocks: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """A text in parts that have, together, exactly its tokens; and whether that holds.

    It does not where a text has no place to cut for very long.
    """
    rest, looked_at = "", 0
    for block in blocks:
        rest += block
        while len(rest) > PIECE:
            end = cut_after(rest, max(PIECE, looked_at) - 1)
            if end is not None:
                yield rest[:end], True
                rest, looked_at = rest[end:], 0
            elif len(rest) > LONGEST:
                yield rest[:LONGEST], False
                rest, looked_at = rest[LONGEST:], 0
            else:
                looked_at = len(rest)
                break
    if rest:
        yield rest, True


def _shown(args: argparse.Namespace, counted: _Counted, services: TokensServices) -> Iterator[str]:
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
        "model": services.model,
        "encoding": services.counter.encoding_of(services.model)[0],
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


def _unknown_tokenizer(model: str, encoding: str) -> str:
    return f"the tokenizer of {_named(model)} is not known; counted with {encoding}"


def _named(model: str) -> str:
    return harmless(model)[:80] or "the model"


def _failed(sentence: str, services: TokensServices) -> int:
    _say(f"studybuddy: {harmless(sentence)}", services.stderr)
    return BAD_INPUT


def _say(text: str, stderr: TextIO) -> None:
    """Print to standard error, whatever its encoding can show."""
    encoding = getattr(stderr, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stderr)


def _forget(stream: TextIO) -> None:
    """Keep the interpreter from writing to a closed pipe once more as it ends."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
