"""What a model thought before it answered: told in one line, and shown below it on demand."""

from __future__ import annotations

from dataclasses import replace

from rich.segment import Segment

from studybuddy.ui.transcript.heads import note
from studybuddy.ui.transcript.lines import NOT_COPIED, Layout, Line, blank
from studybuddy.ui.transcript.live import Live
from studybuddy.ui.transcript.look import Look

FOLDED_MARK, SHOWN_MARK = "▸", "▾"
_BAR, _SPOKEN_BAR = "│ ", "  "
_PER_WORD = 20
"""Characters of a word on average above which the text has no spaces between its words."""


class Thoughts:
    """The reasoning of one message. While it is folded its text is counted, and not looked at."""

    def __init__(self, text: str, *, shown: bool, seconds: float | None = None) -> None:
        """`shown` says whether it is unfolded, `seconds` how long it took, if that is known."""
        self.shown = shown
        self.seconds = seconds
        self._pieces: list[str] = []
        self._characters = 0
        self._words = 0
        self._in_word = False
        self._live: Live | None = None
        self._fed = 0  # pieces that it has
        self._closed = False
        self._sealed = Layout([], "", [])
        self._barred: dict[Line, Line] = {}
        self._told: tuple[str, list[Line]] = ("", [])
        if text:
            self.add(text)

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._pieces)

    def __bool__(self) -> bool:
        return self._characters > 0

    def add(self, delta: str) -> None:
        """Take more of it."""
        if not delta:
            return
        if self._closed:  # it was taken for the end
            self.relay()
        self._pieces.append(delta)
        self._characters += len(delta)
        joins = self._in_word and not delta[0].isspace()
        self._words += len(delta.split()) - joins
        self._in_word = not delta[-1].isspace()

    def relay(self) -> None:
        """Forget what was laid out: width or palette are others now."""
        self._live = None
        self._fed = 0
        self._closed = False
        self._sealed = Layout([], "", [])
        self._barred = {}
        self._told = ("", [])

    def layout(self, look: Look, *, thinking: bool) -> Layout:
        """Return its lines: one, and the text where it is shown; none where there is nothing."""
        if not self:
            return Layout([], "", [])
        told = self._told_line(look, thinking)
        if not self.shown:
            return Layout(told, "", [])
        lines, copy = self._unfolded(look, thinking)
        return Layout([*told, *lines, blank(len(copy))], copy, [])

    def _told_line(self, look: Look, thinking: bool) -> list[Line]:
        mark = SHOWN_MARK if self.shown else FOLDED_MARK
        key = f"{look.keys.thoughts} {'folds' if self.shown else 'shows it'}"
        text = f"{mark} {self._summary(thinking, look.still)} · {key}"
        if text != self._told[0]:
            self._told = (text, note(text, look.palette.dim, look)[:1])
        return self._told[1]

    def _summary(self, thinking: bool, still: bool) -> str:
        if thinking:
            return "Thinking…" if still else f"Thinking… {self._size()}"
        if self.seconds is None:
            return f"Thought: {self._size()}"
        return f"Thought for {_duration(self.seconds)}, {self._size()}"

    def _size(self) -> str:
        if self._characters > _PER_WORD * self._words:
            return f"{self._characters:,} characters"
        return f"{self._words:,} word{'' if self._words == 1 else 's'}"

    def _unfolded(self, look: Look, thinking: bool) -> tuple[list[Line], str]:
        if self._live is None:
            palette = look.palette
            palette = replace(palette, text=palette.dim)
            width = max(4, look.width - len(_BAR))
            self._live = Live(width, palette, wrap_code=look.spoken, flat=look.spoken)
        if self._fed < len(self._pieces):  # after the end it takes no more, not even nothing
            for sealed in self._live.feed("".join(self._pieces[self._fed :])):
                self._seal(sealed.layout, look)
            self._fed = len(self._pieces)
        if not thinking and not self._closed:
            self._closed = True
            for sealed in self._live.close():
                self._seal(sealed.layout, look)
        open_part = self._live.layout()
        base = len(self._sealed.copy)
        old, self._barred = self._barred, {}
        bar = Segment(_SPOKEN_BAR if look.spoken else _BAR, look.palette.quote_bar)
        for line in open_part.lines:
            self._barred[line] = old.get(line) or _behind(line, bar, base)
        return [*self._sealed.lines, *self._barred.values()], self._sealed.copy + open_part.copy

    def _seal(self, layout: Layout, look: Look) -> None:
        bar = Segment(_SPOKEN_BAR if look.spoken else _BAR, look.palette.quote_bar)
        base = len(self._sealed.copy)
        self._sealed.lines.extend([_behind(line, bar, base) for line in layout.lines])
        self._sealed = Layout(self._sealed.lines, f"{self._sealed.copy}{layout.copy}\n\n", [])
        self._barred = {}


def _behind(line: Line, bar: Segment, base: int) -> Line:
    """Return a line behind the bar, its text `base` characters further on in the whole."""
    offsets = [offset if offset < 0 else offset + base for offset in line.offsets]
    moved = Line(line.segments, offsets, line.width, line.at + base, slide=line.slide)
    return moved.behind(bar, NOT_COPIED)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"
