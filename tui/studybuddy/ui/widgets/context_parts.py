"""The parts of a context as rows: what each is, its tokens, its share and its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style

from studybuddy.domain.metering import Part, PartKind, Place
from studybuddy.ui.widgets.row_list import Pieces, RowList, fitted

PLACES = {
    Place.INSIDE: "inside",
    Place.DROPPED: "dropped",
    Place.SUMMARISED: "in summary",
    Place.LEFT_OUT: "left out",
    Place.SERVER: "server decides",
}
_MARKS = 4
_TOKENS = 11
_BAR = 10
_PLACE = 14
_REPORTED = 24
_WIDE = 116
"""Columns from which on there is one for what was reported."""
_EIGHTHS = " ▏▎▍▌▋▊▉"


class ContextParts(RowList):
    """Shows parts; each row is made when it comes into view."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "parts--pin", "parts--gone", *(f"parts--{kind.value}" for kind in PartKind)
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="parts")
        self._parts: Sequence[Part] = ()
        self._most = 1

    def show(self, parts: Sequence[Part]) -> None:
        """Show these parts; the cursor stays on its message where that is still there."""
        before = self.part
        self._parts = parts
        self._most = max(1, sum(part.count.tokens for part in parts if _counts(part)))
        at = self.cursor
        if before is not None and before.message_id:
            ids = [part.message_id for part in parts]
            at = ids.index(before.message_id) if before.message_id in ids else at
        self.set_count(len(parts), at)

    @property
    def part(self) -> Part | None:
        """The part under the cursor."""
        return self._parts[self.cursor] if self.cursor < len(self._parts) else None

    def heading(self, width: int) -> Pieces:
        """Name the columns."""
        style = self.get_component_rich_style("rows--heading")
        reported = "  answer: in, out".ljust(_REPORTED) if width >= _WIDE else ""
        text = (
            f"{'':{_MARKS}}{fitted('part', self._room(width))}{'tokens':>{_TOKENS}}"
            f"  {'share':{_BAR}}  {'place':{_PLACE}}{reported}"
        )
        return [(text, style)]

    def row(self, number: int, width: int, base: Style) -> Pieces:
        """Return a part's row."""
        part = self._parts[number]
        pointed = number == self.cursor and self.has_focus
        gone = part.place in (Place.DROPPED, Place.LEFT_OUT, Place.SUMMARISED)
        text = base + Style(dim=False) if pointed else self._style("parts--gone" if gone else "")
        colour = base if pointed else self._style(f"parts--{part.kind.value}")
        pin = base if pointed else self._style("parts--pin")
        pale = base if pointed else self._style("rows--pale")
        share = part.count.tokens / self._most if _counts(part) else 0.0
        pieces = [
            ("▸ " if number == self.cursor else "  ", base),
            ("★ " if part.pinned else "  ", pin),
            (fitted(part.label, self._room(width)), text),
            (f"{part.count!s:>{_TOKENS}}", text),
            ("  ", base),
            (_bar(share), colour),
            ("  ", base),
            (f"{PLACES[part.place]:{_PLACE}}", text if gone else pale),
        ]
        if width >= _WIDE and part.reported is not None:
            told = f"{part.reported.prompt:,}, {part.reported.completion:,}"
            pieces.append((f"  {told}".ljust(_REPORTED), pale))
        return pieces

    def _room(self, width: int) -> int:
        wide = _REPORTED if width >= _WIDE else 0
        return max(8, width - _MARKS - _TOKENS - 2 - _BAR - 2 - _PLACE - wide - 1)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name) if name else self.rich_style


def _counts(part: Part) -> bool:
    return part.place in (Place.INSIDE, Place.SERVER)


def _bar(share: float) -> str:
    eighths = round(min(share, 1.0) * _BAR * 8)
    if share and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_BAR)
