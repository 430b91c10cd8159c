"""Counting a text of any length, or a whole request, for `studybuddy tokens`."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from studybuddy.commands.request_file import RequestText
from studybuddy.domain.counting import TokenCounter
from studybuddy.domain.text import harmless
from studybuddy.domain.usage import Count
from studybuddy.tokens.cuts import cut_after

PIECE = 500_000
"""Characters counted at a time."""
LONGEST = 2 * PIECE
"""Characters without a place to cut, from which on it is cut anywhere: what has none is encoded
as one, which takes longer for each character the more of them there are."""

_PER_NAME = 1  # OpenAI's cookbook, "How to count tokens with tiktoken"
_FIRST_GENERATION = "gpt-3.5-turbo-0301"  # there a name stands in the place of the role


@dataclass(slots=True)
class Counted:
    """What is told in the end."""

    model: str
    count: Count = field(default_factory=Count)
    characters: int = 0
    bytes: int = 0
    messages: int | None = None
    ids: array[int] | None = None
    doubts: list[str] = field(default_factory=list)
    """Why it is an estimate, half sentences."""


def count_text(
    blocks: Iterable[str], counter: TokenCounter, model: str, *, with_ids: bool
) -> Counted:
    """Count a text that comes in blocks; each is taken when those before it are counted."""
    counted = Counted(model, ids=array("I") if with_ids else None)
    encoding, own = counter.encoding_of(model)
    for piece, whole in _pieces(blocks):
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


def count_request(request: RequestText, counter: TokenCounter, model: str) -> Counted:
    """Count a request as it is billed, as far as that is published."""
    count = counter.count_request(request.messages, model)
    formula = count.exact
    for name in request.names:
        first = model.strip().lower().removeprefix("openai/") == _FIRST_GENERATION
        count += counter.count(name, model) + Count(-_PER_NAME if first else _PER_NAME)
    for besides in request.besides:
        count += counter.count(besides, model)
    counted = Counted(
        model,
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


def _unknown_tokenizer(model: str, encoding: str) -> str:
    return f"the tokenizer of {_named(model)} is not known; counted with {encoding}"


def _named(model: str) -> str:
    return harmless(model)[:80] or "the model"
