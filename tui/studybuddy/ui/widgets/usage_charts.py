"""The charts of the usage screen, beside each other or one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from studybuddy.domain.limits import Period
from studybuddy.domain.money import dollars
from studybuddy.ui.token_words import short
from studybuddy.ui.usage_spans import Burn, Steps
from studybuddy.ui.widgets.usage_chart import Bars, Line, UsageChart

ROOM = 44
"""Columns of a chart below which they are shown one at a time: a month's days must have room."""
_NAMES = ("tokens", "cost", "budget")


class UsageCharts(Horizontal):
    """Tokens, cost, and the budget where there is one."""

    def __init__(self) -> None:
        super().__init__(id="charts", classes="-none")
        self.wide = False
        """Whether all are shown at once."""
        self._at = 0
        self._there: Sequence[str] = _NAMES[:2]
        """Those that have something to show."""

    def compose(self) -> ComposeResult:
        for name in _NAMES:
            yield UsageChart(id=name)

    def on_mount(self) -> None:
        self._choose()

    def on_resize(self, event: events.Resize) -> None:
        """Show as many as have room."""
        self._choose()

    def turn(self) -> None:
        """Show the next one, where not all have room."""
        self._at += 1
        self._choose()

    def _choose(self) -> None:
        self.wide = self.app.size.width >= ROOM * len(self._there)
        self._at %= len(self._there)
        for name in _NAMES:
            there = name in self._there and (self.wide or name == self._there[self._at])
            self.query_one(f"#{name}").display = there

    def show(self, bars: Steps, burn: Burn | None) -> None:
        """Draw these bars, and how a budget is used up."""
        steps, per = bars.steps, bars.per
        labels = [step.label for step in steps]
        into = [float(step.total.usage.prompt) for step in steps]
        out = [float(step.total.usage.completion) for step in steps]
        above = "▒" if self.app.no_color else "■"
        self.query_one("#tokens", UsageChart).show(
            Content.assemble(
                f"Tokens per {per}  ", ("■", "$primary"), " in  ", (above, "$warning"), " out"
            ),
            Bars(labels, into, out),
            short,
        )
        cost = [float(step.total.cost.nanodollars) for step in steps]
        unpriced = sum(step.total.cost.unpriced for step in steps)
        beside = f", {unpriced:,} unpriced" if unpriced else ""
        self.query_one("#cost", UsageChart).show(
            Content(f"Cost per {per}{beside}"), Bars(labels, cost, [0.0] * len(cost)), _money
        )
        paid = any(cost) or unpriced
        self._there = ["tokens"] + ["cost"] * bool(paid) + ["budget"] * (burn is not None)
        self._choose()
        if burn is not None:
            self._show_burn(burn)

    def _show_burn(self, burn: Burn) -> None:
        money = burn.amount.nanodollars is not None
        unit = _money if money else short
        amount = str(burn.amount) if money else f"{short(burn.budget)} tokens"
        spent = burn.spent[-1] if burn.spent else 0.0
        style = "$text-error" if burn.share >= 1 else "$text-warning" if burn.share >= 0.8 else ""
        self.query_one("#budget", UsageChart).show(
            Content.assemble(
                f"The {burn.period.value}’s budget  ",
                (f"{unit(spent)} of {amount} ({burn.share:.0%})", style),
                ("" if self.wide else "  ··· even pace", "$text-muted"),
            ),
            Line(burn.spent, burn.budget, burn.steps, 0 if burn.period is Period.DAY else 1),
            unit,
        )


def _money(nanodollars: float) -> str:
    return dollars(round(nanodollars))
