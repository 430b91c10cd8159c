"""Citations: numbered marks in an answer, and the list of sources under it.

A mark goes through the Markdown parser as brackets around two private-use characters, which say
its number and which of the message's citations it is. The brackets are those of the raw marks, so
that emphasis beside them is read the same while the answer streams and after it.
"""

from __future__ import annotations

import re

from studybuddy.domain.citing import Mark, with_marks
from studybuddy.domain.messages import Message
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.spans import CITATION, Span, Spans

_FIRST = 0xE000
_PLACE = re.compile("【([\ue000-\uf8ff])([\ue000-\uf8ff])】")
_TARGET = "citation:"


def cited_text(message: Message) -> str:
    """Return a message's text with its marks made ready for the parser, which is harmless."""

    def place(mark: Mark) -> str:
        return f"【{chr(_FIRST + mark.number)}{chr(_FIRST + mark.place)}】"

    return harmless(with_marks(message, place, without_places))


def cited_spans(spans: Spans) -> Spans:
    """Return spans in which the marks are spans of their own."""
    found: list[Span] = []
    for span in spans:
        position = 0
        for match in _PLACE.finditer(span.text):
            if before := span.text[position : match.start()]:
                found.append(span._replace(text=before))
            number, index = (ord(character) - _FIRST for character in match.groups())
            found.append(Span(f"[{number}]", CITATION, target(index)))
            position = match.end()
        if not position:
            found.append(span)
        elif rest := span.text[position:]:
            found.append(span._replace(text=rest))
    return tuple(found)


def without_places(text: str) -> str:
    """Return text in which no click leads anywhere, such as code, with its marks as text."""
    return _PLACE.sub(lambda match: f"[{ord(match[1]) - _FIRST}]", text)


def target(index: int) -> str:
    """Return what a click on a mark leads to; no link of a model's can be the same."""
    return f"{_TARGET}{index}"


def index_of(url: str) -> int | None:
    """Return which of a message's citations `target` made this of."""
    return int(url[len(_TARGET) :]) if url.startswith(_TARGET) else None
