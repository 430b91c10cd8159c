"""Breaking text into lines of terminal cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, split_graphemes

Range = tuple[int, int]
"""Where a line begins and ends in the text, in characters."""

# Anything but characters that surely take one cell each and join with no neighbour: Latin, Greek,
# Cyrillic, general punctuation, box drawing. A superset costs only time, so it may be a rough one.
_NOT_SIMPLE = re.compile(
    "[^\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038e-\u03a1"
    "\u03a3-\u0482\u2010-\u2027\u2030-\u203b\u203d-\u2048\u204a-\u205e\u2500-\u25a9\u2800-\u28ff]"
)
# Closing marks that may not begin a line in Chinese and Japanese.
_NO_START = frozenset("，。、；：？！）】》」』〉〕｝’”…—～·,.;:?!)")

# Joiners and variation selectors with nothing before them to work on: measuring them is guesswork.
_STRAY = re.compile("(?:^|(?<=[\\s\u200d]))[\u200d\ufe0f]+", re.MULTILINE)


def measurable(text: str) -> str:
    """Return `text` without characters that make its width depend on what is drawn beside it."""
    return text if text.isascii() else _STRAY.sub("", text)


def is_simple(text: str) -> bool:
    """Tell whether each character of `text` surely takes one cell."""
    return _NOT_SIMPLE.search(text) is None


def cells(text: str) -> int:
    """Return the width of `text` in cells."""
    return len(text) if is_simple(text) else cell_len(text)


def wrap(pieces: Sequence[str], width: int, *, anywhere: bool = False) -> list[Range]:
    """Break the joined `pieces` into lines of at most `width` cells (at least 2).

    Lines break at line feeds, between words, between wide characters, or anywhere in a word
    that is wider than a line; with `anywhere`, the width alone decides and no space is dropped.
    Pieces must be measurable; they are measured one by one, as they will be drawn. Spaces at a
    break belong to no line.
    """
    text = pieces[0] if len(pieces) == 1 else "".join(pieces)
    if is_simple(text) if "\n" not in text else is_simple(text.replace("\n", "")):
        return _wrap_simple(text, width, anywhere)
    ranges: list[Range] = []
    graphemes: list[tuple[int, int, int]] = []
    position = 0
    for piece in pieces:
        for line_end in _line_ends(piece):
            part = piece[line_end[0] : line_end[1]]
            begin = position + line_end[0]
            found, _ = split_graphemes(part)
            graphemes.extend((begin + a, begin + b, w) for a, b, w in found)
            if line_end[1] < len(piece):
                end = position + line_end[1]
                ranges.extend(_wrap_graphemes(text, graphemes, width, end, anywhere))
                graphemes.clear()
        position += len(piece)
    ranges.extend(_wrap_graphemes(text, graphemes, width, position, anywhere))
    return ranges


def _line_ends(piece: str) -> list[Range]:
    ranges: list[Range] = []
    start = 0
    while (end := piece.find("\n", start)) >= 0:
        ranges.append((start, end))
        start = end + 1
    ranges.append((start, len(piece)))
    return ranges


def _wrap_simple(text: str, width: int, anywhere: bool) -> list[Range]:
    ranges: list[Range] = []
    for start, end in _line_ends(text):
        while end - start > width:
            if anywhere:
                ranges.append((start, start + width))
                start += width
                continue
            cut = text.rfind(" ", start, start + width + 1)
            stop = cut
            while stop > start and text[stop - 1] == " ":
                stop -= 1
            if stop <= start:  # no word ends in this line
                cut = stop = start + width
            ranges.append((start, stop))
            start = cut
            while start < end and text[start] == " ":
                start += 1
            if start == end:
                break
        else:
            ranges.append((start, end))
    return ranges


def _wrap_graphemes(
    text: str, graphemes: Sequence[tuple[int, int, int]], width: int, end: int, anywhere: bool
) -> list[Range]:
    if not graphemes:
        return [(end, end)]
    spaces = [text[start] == " " and stop - start == 1 for start, stop, _ in graphemes]
    ranges: list[Range] = []
    first = 0  # of the line
    used = 0  # cells, of the line
    chance = 0  # the last grapheme before which the line may break
    index = 0
    while index < len(graphemes):
        start, _, size = graphemes[index]
        if index > first and not anywhere and not spaces[index]:
            wide = size == 2 or graphemes[index - 1][2] == 2
            if spaces[index - 1] or (wide and text[start] not in _NO_START):
                chance = index
        if used + size <= width or index == first:
            used += size
            index += 1
            continue
        if anywhere or spaces[index] or chance <= first:
            chance = index
        stop = chance
        if not anywhere:
            while stop > first and spaces[stop - 1]:
                stop -= 1
        if stop == first:  # only spaces before the word that is too long
            chance = stop = index
        ranges.append((graphemes[first][0], graphemes[stop - 1][1]))
        first = chance
        if not anywhere:
            while first < len(graphemes) and spaces[first]:
                first += 1
        index = first
        used = 0
    if first < len(graphemes):
        ranges.append((graphemes[first][0], end))
    return ranges
