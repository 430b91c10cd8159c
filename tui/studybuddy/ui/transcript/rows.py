"""Lines -> the strips of the screen: gutter, selection, and what fills a line up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from re import Pattern

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from studybuddy.ui.transcript.lines import Line
from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.sliding import slid

GUTTER = 2
"""Cells on the left of each line: a bar and a space."""
CURSOR_BAR = "▌"
USER_BAR = "▎"
WRITING = "▍"
"""Stands at the end of an answer that is being written."""

_REVERSE = Style(reverse=True)

Selected = tuple[int, int]
"""Characters of a section's copy text, from and up to."""


@dataclass(frozen=True, slots=True)
class Dress:
    """How a row is dressed; rows with the same line and dress are the same picture."""

    bar: str
    bar_style: Style
    fill: Style
    """Of the cells behind the text, as wide as the text may be."""
    selected: Selected | None = None
    writing: bool = False
    pointed: int = -1
    """The segment under the cursor; -1 for none."""
    shift: int = 0
    """Cells by which the line is scrolled sideways, if it can be."""
    found: Pattern[str] | None = None
    """Words to be marked."""


class Wardrobe:
    """Makes strips of lines, and remembers those of the last screen."""

    def __init__(self, palette: Palette, *, margin: int, width: int, total: int) -> None:
        """`margin` and `total` are the cells left of the gutter and of the whole pane, `width`
        those of the text."""
        self._palette = palette
        self._width = width
        self._total = total
        self._margin = [Segment(" " * margin, palette.text)] if margin else []
        self._rest = total - margin - GUTTER - width
        self._old: dict[tuple[Line, Dress], Strip] = {}
        self._new: dict[tuple[Line, Dress], Strip] = {}

    def turn(self) -> None:
        """Begin another screen: strips that are not asked for again are forgotten after it."""
        self._old = self._new
        self._new = {}

    def strip(self, line: Line, dress: Dress) -> Strip:
        """Return the strip of a line, the same object as on the last screen if it was there."""
        key = (line, dress)
        strip = self._new.get(key) or self._old.get(key) or self._made(line, dress)
        self._new[key] = strip
        return strip

    def seen(self, line: Line, shift: int) -> Line:
        """Return the part of a line that is seen."""
        return slid(line, self._width, shift, self._palette.code_label)

    def _made(self, line: Line, dress: Dress) -> Strip:
        bar = Segment(dress.bar + " " * (GUTTER - len(dress.bar)), dress.bar_style)
        segments = [*self._margin, bar]
        if dress.pointed >= 0:
            line = _pointed(line, dress.pointed)
        line = self.seen(line, dress.shift)
        if dress.found is not None:
            line = _found(line, dress.found)
        if dress.selected is None:
            segments.extend(line.segments)
        else:
            segments.extend(_highlighted(line, dress.selected, self._palette.selection))
        width = line.width
        if dress.writing and width < self._width and not self._palette.spoken:
            segments.append(Segment(WRITING, self._palette.assistant_bar))
            width += 1
        if width < self._width:
            segments.append(Segment(" " * (self._width - width), dress.fill))
            width = self._width
        if self._rest > 0:
            segments.append(Segment(" " * self._rest, self._palette.text))
        cells = self._total - self._width + width
        strip = Strip(_joined(segments), cells)
        return strip if cells <= self._total else strip.crop(0, self._total)


def _pointed(line: Line, number: int) -> Line:
    segments = list(line.segments)
    text, style, _ = segments[number]
    segments[number] = Segment(text, (style or Style()) + _REVERSE)
    return Line(segments, line.offsets, line.width, line.at, line.code, line.slide)


def _found(line: Line, words: Pattern[str]) -> Line:
    """Return a line with the words marked in it, also those of which styles make several pieces."""
    spans = [match.span() for match in words.finditer(line.text)]
    if not spans:
        return line
    segments: list[Segment] = []
    offsets: list[int] = []
    position = 0
    for (text, style, _), offset in zip(line.segments, line.offsets, strict=True):
        cuts = {0, len(text)}
        cuts |= {at - position for span in spans for at in span if 0 < at - position < len(text)}
        edges = sorted(cuts)
        for start, end in pairwise(edges):
            marked = any(a <= position + start < b for a, b in spans)
            own = style or Style()
            segments.append(Segment(text[start:end], own + _REVERSE if marked else own))
            offsets.append(offset if offset < 0 else offset + start)
        position += len(text)
    return Line(segments, offsets, line.width, line.at, line.code, line.slide)


def _joined(segments: list[Segment]) -> list[Segment]:
    """Join neighbours of the same style: each costs 40 bytes on the way to the terminal."""
    joined = segments[:1]
    for segment in segments[1:]:
        last = joined[-1]
        if segment.style is last.style:
            joined[-1] = Segment(last.text + segment.text, last.style)
        else:
            joined.append(segment)
    return joined


def _highlighted(line: Line, selected: Selected, style: Style) -> list[Segment]:
    start, end = selected
    segments: list[Segment] = []
    for segment, offset in zip(line.segments, line.offsets, strict=True):
        text = segment.text
        first = max(0, start - offset)
        last = min(len(text), end - offset)
        if offset < 0 and start <= line.at < end and _is_drawn(segment):
            segments.append(Segment(text, (segment.style or style) + style))
            continue
        if offset < 0 or first >= last:
            segments.append(segment)
            continue
        own = segment.style or style
        for part, part_style in (
            (text[:first], own),
            (text[first:last], own + style),
            (text[last:], own),
        ):
            if part:
                segments.append(Segment(part, part_style))
    return segments


def _is_drawn(segment: Segment) -> bool:
    """Tell whether it is a line of a formula, which is selected as a whole."""
    url = segment.style.meta.get("url") if segment.style is not None else None
    return isinstance(url, str) and url.startswith("formula:")


def touchable(line: Line, y: int, *, before: int) -> Strip:
    """Return a strip in which each cell says which character of the copy text it stands for.

    Textual asks for it when the mouse selects; `y` is the section's number, `before` the cells
    left of the line.
    """
    segments: list[Segment] = []

    def place(text: str, at: int) -> None:
        segments.append(Segment(text, Style(meta={"offset": (at, y)})))

    for _ in range(before):
        place(" ", line.at)
    reached = line.at
    for segment, offset in zip(line.segments, line.offsets, strict=True):
        if offset >= 0:
            place(segment.text, offset)
            reached = offset + len(segment.text)
        elif segment.text.strip():
            for character in segment.text:
                place(character, reached)
        else:
            for _ in segment.text:
                place(" ", reached)
    if not line.segments:
        place(" ", reached)
    return Strip(segments)
