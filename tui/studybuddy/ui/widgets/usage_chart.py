"""Charts of usage: bars, and a budget as it is used up. Loads plotext; import it late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10

from textual.app import ComposeResult, RenderResult
from textual.color import Color
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual_plotext import PlotextPlot

Paint = tuple[int, int, int] | int | str
"""A colour, as plotext has them."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of two parts, the lower one first."""

    labels: Sequence[str]
    low: Sequence[float]
    high: Sequence[float]

    def folded(self, count: int) -> Bars:
        """The same with so many bars added up to one."""
        starts = range(0, len(self.labels), count)
        low = [sum(self.low[at : at + count]) for at in starts]
        high = [sum(self.high[at : at + count]) for at in starts]
        return Bars(self.labels[::count], low, high)


@dataclass(frozen=True, slots=True)
class Line:
    """What was used after each step, and the budget that all `steps` have."""

    used: Sequence[float]
    budget: float
    steps: int
    first: int
    """The first step's number."""


class UsageChart(Vertical):
    """A chart with its title above."""

    def compose(self) -> ComposeResult:
        yield Static("", classes="chart-title", markup=False)
        yield _Plot()

    def show(self, title: Content, shape: Bars | Line, unit: Callable[[float], str]) -> None:
        """Draw something; `unit` writes the numbers at the axis."""
        self.query_one(Static).update(title)
        plot = self.query_one(_Plot)
        plot.shape, plot.unit = shape, unit
        plot.theme = "clear" if self.app.native_ansi_color else "auto"
        plot.refresh()


class _Plot(PlotextPlot):
    """Draws for the size it has, so that each bar has whole columns."""

    shape: Bars | Line | None = None
    unit: Callable[[float], str] = str

    def render(self) -> RenderResult:
        """Return the picture."""
        self.plt.clear_figure()
        width, height = self.size
        if self.shape is not None and width > 16 and height > 4:
            self.plt.xaxes(True, False)
            self.plt.yaxes(True, False)
            if isinstance(self.shape, Bars):
                self._draw_bars(self.shape, width, height - 2)
            else:
                self._draw_line(self.shape)
        return super().render()

    def _colour(self, name: str) -> Paint:
        colour = Color.parse(self.app.theme_variables.get(name, "#888888"))
        if colour.ansi is not None:  # one of the terminal's own
            return "default" if colour.ansi < 0 else colour.ansi
        red, green, blue = colour.rgb
        return red, green, blue

    def _draw_bars(self, bars: Bars, width: int, rows: int) -> None:
        """Draw on a grid of cells, so that each bar is as wide and as exact as any other."""
        both = [low + high for low, high in zip(bars.low, bars.high, strict=True)]
        top = nice(max(both, default=0))
        labels = [self.unit(tick) for tick in (0.0, top / 2, top)]
        columns = width - max(map(len, labels)) - 1
        if len(both) > columns:  # none is left out, so that the picture has the sum of all
            self._draw_bars(bars.folded(2), width, rows)
            return
        self.plt.yticks([0, (rows - 1) / 2, rows - 1], labels)
        self.plt.ylim(0, rows - 1)
        self.plt.xlim(0, columns - 1)
        step = min(max(1, columns // max(1, len(both))), 14)
        thick = max(1, step - 1 - step // 4)
        dots: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for number, (low, high) in enumerate(zip(bars.low, bars.high, strict=True)):
            stack = stack_of(low / top * rows, high / top * rows, plain=self.app.no_color)
            for row, cell in enumerate(stack):
                at = [(number * step + column, row) for column in range(thick)]
                dots.setdefault(cell, []).extend(at)
        for (sign, colour), cells in dots.items():
            xs, ys = [x for x, _ in cells], [y for _, y in cells]
            self.plt.scatter(xs, ys, marker=sign, color=self._colour(colour))
        middle = [number * step + (thick - 1) / 2 for number in range(len(both))]
        self._label(middle, bars.labels, columns)

    def _draw_line(self, line: Line) -> None:
        used = line.used[-1] if line.used else 0.0
        ticks = [0.0, line.budget / 2, line.budget]
        self.plt.yticks(ticks, [self.unit(tick) for tick in ticks])
        self.plt.ylim(0, max(line.budget, used))
        last = line.first + line.steps - 1
        self.plt.xlim(line.first, last)
        self.plt.plot(
            [line.first, last], [line.budget / line.steps, line.budget],
            marker="·", color=self._colour("foreground"),
        )  # fmt: skip
        steps = [line.first + number for number in range(len(line.used))]
        colour = self._colour("error" if used >= line.budget else "primary")
        marker = "█" if self.app.no_color else "braille"
        self.plt.plot(steps, list(line.used), marker=marker, color=colour)
        every = 7 if line.first else 6  # weeks of a month, quarters of a day
        numbers = sorted({line.first, *range(every, last - 2, every), last})
        self.plt.xticks(numbers, [str(number) for number in numbers])

    def _label(self, at: Sequence[float], labels: Sequence[str], columns: int) -> None:
        """Write as many labels as have room."""
        if not labels:
            return
        widest = max(map(len, labels)) + 2
        distance = min((b - a for a, b in pairwise(at)), default=float(columns))
        every = max(1, -(-widest // max(1, int(distance))))
        self.plt.xticks(list(at[::every]), list(labels[::every]))


def stack_of(low: float, high: float, *, plain: bool = False) -> list[tuple[str, str]]:
    """The cells of a bar from the bottom up, each a character and a colour's name.

    `low` and `high` are the heights of its two parts in cells. The end is drawn in eighths of a
    cell, where `plain` does not forbid it; no part that is more than 0 is left out if there is a
    cell for it.
    """
    eighths = max(1, round((low + high) * 8)) if low + high > 0 else 0
    full, rest = divmod(eighths, 8)
    if plain and eighths:
        full, rest = max(1, round(low + high)), 0
    cells = full + (rest > 0)
    lower = min(round(low), cells)
    if low and not lower and cells > 1:
        lower = 1
    if high and lower == cells and cells > 1:
        lower -= 1
    if not high:
        lower = cells
    elif cells == 1:
        lower = int(low >= high)
    signs = [("█", "primary")] * lower
    signs += [("▒" if plain else "█", "warning")] * (cells - lower)
    if rest:
        signs[-1] = (" ▁▂▃▄▅▆▇"[rest], signs[-1][1])
    return signs


def nice(number: float) -> float:
    """The least of 1, 2, 3, 4, 6, 8, 10, 20 … that a number is not above."""
    if number <= 1:
        return 1.0
    size: float = 10.0 ** floor(log10(number))
    return next(size * step for step in (1, 2, 3, 4, 6, 8, 10) if number <= size * step)
