"""Lines of the transcript, and the pen that draws them while it notes the text for copying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.wrap import Range, cells

NOT_COPIED = -1


class Line:
    """One line on the screen, without the gutter and what fills it up on the right.

    `offsets[i]` is where the text of `segments[i]` begins in its section's text for copying, or
    NOT_COPIED. `at` is where the line as a whole stands there. Lines are compared by identity:
    the same object is the same picture.
    """

    __slots__ = ("at", "code", "offsets", "segments", "slide", "width")

    def __init__(
        self,
        segments: list[Segment],
        offsets: list[int],
        width: int,
        at: int,
        code: int = -1,
        slide: int = -1,
    ) -> None:
        self.segments = segments
        self.offsets = offsets
        self.width = width
        """In cells."""
        self.at = at
        self.code = code
        """Which of the section's code blocks it belongs to, from 0; -1 for none."""
        self.slide = slide
        """Cells at its left that stay where the rest is scrolled sideways; -1 where nothing is.

        Only such a line may be wider than the pane; its last segment fills what is left free.
        """

    @property
    def text(self) -> str:
        """What it shows."""
        return "".join([segment.text for segment in self.segments])

    def looks_like(self, other: Line) -> bool:
        """Tell whether both are the same picture of the same text."""
        return (
            self.at == other.at
            and self.code == other.code
            and self.slide == other.slide
            and self.offsets == other.offsets
            and self.segments == other.segments
        )

    def behind(self, prefix: Segment, offset: int = NOT_COPIED) -> Line:
        """Return the line with `prefix` drawn before it."""
        room = cells(prefix.text)
        return Line(
            [prefix, *self.segments],
            [offset, *self.offsets],
            self.width + room,
            self.at if offset < 0 else offset,
            self.code,
            self.slide if self.slide < 0 else self.slide + room,
        )


def blank(at: int) -> Line:
    """Return an empty line."""
    return Line([], [], 0, at)


class Layout(NamedTuple):
    """A section laid out."""

    lines: list[Line]
    copy: str
    """The text of the section as it is copied: no frames, no line breaks that only the width
    asked for."""
    codes: list[str]
    """Its code blocks, in order."""


class Mark(NamedTuple):
    """A place in the pen's work to which it can go back."""

    pieces: int
    length: int
    codes: int


@dataclass(slots=True)
class Pen:
    """Draws lines and keeps the copy text and the code blocks of one section."""

    palette: Palette
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    codes: list[str] = field(default_factory=list)
    wrap_code: bool = False
    flat: bool = False
    """Whether nothing is drawn that a screen reader could not say."""
    """Whether long lines of code are wrapped, and not scrolled sideways."""
    indent: str = ""
    """What precedes each line of the copy text, inside lists."""

    def note(self, text: str) -> int:
        """Add `text` to the copy text and return where it begins."""
        at = self.length
        self.pieces.append(text)
        self.length += len(text)
        return at

    def mark(self) -> Mark:
        """Remember where the work stands."""
        return Mark(len(self.pieces), self.length, len(self.codes))

    def back_to(self, mark: Mark) -> None:
        """Forget what was noted since `mark`."""
        del self.pieces[mark.pieces :]
        del self.codes[mark.codes :]
        self.length = mark.length

    def copy(self) -> str:
        """Return the copy text, without the line feed after its last line."""
        return "".join(self.pieces).removesuffix("\n")


def cut(
    pieces: Sequence[str], styles: Sequence[Style], line: Range, at: int, code: int = -1
) -> Line:
    """Return the part of the styled `pieces` between the two characters of `line` as a Line.

    `at` is where the pieces begin in the copy text, in which they stand as they are.
    """
    start, end = line
    segments: list[Segment] = []
    offsets: list[int] = []
    width = 0
    position = 0
    for piece, style in zip(pieces, styles, strict=True):
        stop = position + len(piece)
        if stop > start:
            text = piece[max(0, start - position) : end - position]
            if text:
                segments.append(Segment(text, style))
                offsets.append(at + max(start, position))
                width += cells(text)
            if stop >= end:
                break
        position = stop
    return Line(segments, offsets, width, at + start, code)
