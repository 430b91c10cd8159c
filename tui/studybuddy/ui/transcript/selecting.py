"""What the mouse has selected, as places in the book and as text."""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection

from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.book import Book
from studybuddy.ui.transcript.rows import Selected

_PARTS = 20
"""Bits of a selection's y that number the part; those above number the message.

So a place stays what it is when lines above it turn out to be more or fewer.
"""
_MANY = 100
"""Messages above which those inside a selection are copied as Markdown: laying out thousands
would take seconds."""
_ALL = 1 << 40
_TEXT = 2
"""The first part of a message that has its text."""


def y_of(item: int, part: int) -> int:
    """Return the y by which a selection names a part of a message."""
    return item << _PARTS | part


def selected_in(selection: Selection | None, item: int, part: int) -> Selected | None:
    """Return the characters that are selected in a part, from and up to."""
    if selection is None:
        return None
    span = selection.get_span(y_of(item, part))
    if span is None:
        return None
    start, end = span
    return (start, _ALL if end == -1 else end)


def selected_text(book: Book, selection: Selection) -> str:
    """Return the selected text, without gutters, frames and soft line breaks."""
    last = len(book.messages) - 1
    start, end = selection
    first_item = 0 if start is None else start.y >> _PARTS
    last_item = last if end is None else min(end.y >> _PARTS, last)
    texts: list[str] = []
    for item in range(first_item, last_item + 1):
        inside = first_item < item < last_item
        if inside and last_item - first_item > _MANY:
            texts.append(harmless(book.messages[item].text))
        else:
            text = _of_message(book, selection, item)
            if text:
                texts.append(text)
    return "\n\n".join(texts)


def _of_message(book: Book, selection: Selection, item: int) -> str:
    text = ""
    for number, part in enumerate(book.entry(item).parts):
        selected = selected_in(selection, item, number)
        if selected is None:
            continue
        layout = book.layout(item, number)
        copied = layout.copy[selected[0] : selected[1]]
        if copied and text:
            lead = part.section is not None and part.section.lead
            text += "\n\n" if lead else "\n"
        text += copied
    return text


def whole_message(book: Book, item: int) -> Selection:
    """Return the selection of one message, without what the model thought before it."""
    return Selection(Offset(0, y_of(item, _TEXT)), Offset(_ALL, y_of(item, 1 << _PARTS - 1)))
