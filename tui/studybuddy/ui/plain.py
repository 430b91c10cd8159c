"""What a screen reader would read out for nothing, left out of every line of the screen."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_WORDLESS = {
    **dict.fromkeys(range(0x2500, 0x2600), " "),  # boxes, blocks, geometric shapes
    **dict.fromkeys(range(0x2800, 0x2900), " "),  # braille: for braille displays, not for waiting
}
_MEANT = {
    **dict.fromkeys("✓✔", "+"),
    **dict.fromkeys("✗✘✕✖", "x"),
    **dict.fromkeys("★☆●◉◆◈", "*"),
    **dict.fromkeys("▸▶►❯›", ">"),
    **dict.fromkeys("▾▼", "v"),
    **dict.fromkeys("•‣⁃∙", "-"),
    "·": ",",
}
"""Marks of one cell that say something, with what says it in ASCII."""
_TABLE = {**_WORDLESS, **{ord(mark): plain for mark, plain in _MEANT.items()}}


def plain(text: str) -> str:
    """A text of the same width without ornaments: " · " becomes a comma."""
    return text if text.isascii() else text.replace(" · ", ",  ").translate(_TABLE)


class Plain(LineFilter):
    """Takes ornaments out of what the app draws; what is copied keeps them."""

    takes_ornaments = True
    """Widgets that show what somebody wrote go without such a filter; see as_written.py."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without ornaments, each as wide as it was."""
        return [
            segment if segment.text.isascii() else Segment(plain(segment.text), *segment[1:])
            for segment in segments
        ]
