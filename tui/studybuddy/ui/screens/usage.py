"""The history of usage: tokens and money by time, model, mode and conversation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, Static

from studybuddy.chat.usage_export import total_of
from studybuddy.domain.accounts import By, Total, UsageLog, UsageRecord
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.ui.exporting import default_path
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.token_words import many, usage_words
from studybuddy.ui.usage_reading import Seen, UsageReading
from studybuddy.ui.usage_spans import (
    SPAN_NAMES,
    Span,
    first_day,
    since,
)
from studybuddy.ui.widgets.export_line import ExportLine
from studybuddy.ui.widgets.usage_charts import UsageCharts
from studybuddy.ui.widgets.usage_table import UsageTable

_BY = (By.MODEL, By.MODE, By.CONVERSATION, By.DAY)
_NOTHING = (
    "Nothing is used yet. Ask something: what it takes in tokens and money is kept here, "
    "for every model, also for those that are free."
)
_NOTHING_THEN = "No requests in this time. Press 4 for everything."


class UsageScreen(Dialog[None]):
    """Shows sums over the records, as charts and as a table, and writes them to a file."""

    AUTO_FOCUS = "UsageTable"
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape,q", "leave", "Back", show=False),
        *(Binding(str(span.value), f"span({span.value})", show=False) for span in Span),
        Binding("tab,right", "turn(1)", show=False),
        Binding("shift+tab,left", "turn(-1)", show=False),
        Binding("b", "by(1)", "Group by", show=False),
        Binding("B", "by(-1)", show=False),
        Binding("c", "chart", "Another chart", show=False),
        Binding("x", "export", "Export", show=False),
    ]

    def __init__(
        self,
        log: UsageLog,
        budgets: Mapping[Period, Amount] | None = None,
        *,
        now: Callable[[], float] = time.time,
        folder: Path | None = None,
    ) -> None:
        """Take the records, the budgets that are set, and the folder that exports go to at first.

        Without a folder that is "Documents" in the home folder, or the home folder.
        """
        super().__init__()
        self._log = log
        self._reading = UsageReading(log, budgets or {}, now)
        self._now = now
        self._folder = folder
        self._span = Span.MONTH
        self._by = By.MODEL
        self._any = True
        self._loaded = False
        self._faulty = False  # whether what is said is that the records could not be read

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet usage"):
            with Horizontal(classes="head"):
                yield Label("Usage", classes="title", markup=False)
                yield Label("", id="model", markup=False)
            yield Static("", id="tabs")
            yield Static("Looking…", id="totals", markup=False)
            yield UsageCharts()
            yield UsageTable()
            yield ExportLine(self._records)
            yield Static("", id="error", markup=False)
            yield Label("", id="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(ExportLine).display = False
        self._say("")
        self._show_tabs()
        self.call_after_refresh(self._load)

    def on_screen_resume(self) -> None:
        """Read the records anew after what was opened from here."""
        super().on_screen_resume()
        if self._loaded:
            self._load()

    def on_resize(self, event: events.Resize) -> None:
        """Name the keys that there are at this width."""
        self._show_keys()

    # Reading

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        """Read what the screen shows."""
        try:
            seen = await self._reading.read(self._span, self._by)
            self._any = bool(seen.groups) or (await self._log.total(since(None))) != Total()
        except StudyBuddyError as error:
            self.query_one("#totals", Static).update("")
            self._say(str(error.problem))
            self._faulty = True
            return
        self._show(seen)

    # What is shown

    def _show(self, seen: Seen) -> None:
        total = total_of(seen.groups)
        self._loaded = True
        if self._faulty:
            self._say("")
        self.query_one("#model", Label).update(_dates(seen))
        text = _totals(total) if seen.groups else _NOTHING_THEN if self._any else _NOTHING
        self.query_one("#totals", Static).update(text)
        table = self.query_one(UsageTable)
        table.display = bool(seen.groups)
        self.query_one(UsageCharts).set_class(not seen.groups, "-none")
        table.show(seen.groups, self._by.value)
        self.query_one(UsageCharts).show(seen.steps, seen.burn)
        self._show_keys()

    def _show_keys(self) -> None:
        keys = ["1-4 time", "b groups"]
        if not self.query_one(UsageCharts).wide:
            keys.append("c charts")
        keys += ["↑ ↓ rows", "x exports", "Esc closes"]
        self.query_one("#keys", Label).update(" · ".join(keys))

    def _show_tabs(self) -> None:
        pieces: list[str] = []
        for span in Span:
            look = "bold reverse" if span is self._span else "$text-muted"
            pieces.append(f"[{look} @click=screen.span({span.value})] {span.value} "
                          f"{SPAN_NAMES[span]} [/]")  # fmt: skip
        pieces.append("  [$text-muted]by[/] ")
        for number, by in enumerate(_BY):
            look = "bold reverse" if by is self._by else "$text-muted"
            pieces.append(f"[{look} @click=screen.by_number({number})] {by.value} [/]")
        self.query_one("#tabs", Static).update("".join(pieces))

    def _say(self, text: str, *, wrong: bool = True) -> None:
        label = self.query_one("#error", Static)
        label.update(harmless(text))
        label.set_class(not wrong, "-told")
        label.display = bool(text)
        self._faulty = False

    # Keys

    def action_span(self, number: int) -> None:
        """Look so far back."""
        self._span = Span(number)
        self._show_tabs()
        self._load()

    def action_turn(self, by: int) -> None:
        """Look at the next span, or the one before."""
        if not self.query_one(ExportLine).display:
            self.action_span((self._span - 1 + by) % len(Span) + 1)

    def action_by(self, step: int) -> None:
        """Group by something else."""
        self.action_by_number((_BY.index(self._by) + step) % len(_BY))

    def action_by_number(self, number: int) -> None:
        """Group by one of the things there are."""
        self._by = _BY[number]
        self._show_tabs()
        self._load()

    def action_chart(self) -> None:
        """Show the next chart, where they don't all have room."""
        self.query_one(UsageCharts).turn()

    def action_leave(self) -> None:
        """Close the line in which a path is typed, or the screen."""
        if self.query_one(ExportLine).display:
            self._say("")
            self._close_path()
        else:
            self.dismiss(None)

    # Export

    def action_export(self) -> None:
        """Ask where to write the records."""
        today = date.fromtimestamp(self._now())
        self.query_one(ExportLine).ask(default_path(self._folder, today))

    async def _records(self) -> Sequence[UsageRecord]:
        first = first_day(self._span, date.fromtimestamp(self._now()))
        return await self._log.records(since(first))

    @on(ExportLine.Said)
    def _told(self, event: ExportLine.Said) -> None:
        self._say(event.text, wrong=event.wrong)

    @on(ExportLine.Done)
    def _close_path(self) -> None:
        self.query_one(ExportLine).display = False
        self.query_one(UsageTable).focus()


def _totals(total: Total) -> str:
    usage = total.usage
    lines: list[str] = []
    if total.requests:
        requests = many(total.requests, "request")
        if total.cost.unpriced:
            requests += f", {total.cost.unpriced:,} of them unpriced"
        if total.unbilled:
            requests += f", {total.unbilled:,} failed and not billed"
        money = [] if total.money is None else [str(total.money)]
        told = " · ".join((f"{usage.total:,} tokens", *money, requests))
        lines = [told, usage_words(usage)]
    if total.kept:
        kept = many(total.kept, "kept answer")
        lines.append(f"{kept} saved {total.saved.total:,} tokens.")
    return "\n".join(lines)


def _dates(seen: Seen) -> str:
    if seen.first is None:
        return f"until {seen.last.day} {seen.last:%B %Y}"
    if seen.first == seen.last:
        return f"{seen.last.day} {seen.last:%B %Y}"
    first = (
        f"{seen.first.day}"
        if seen.first.replace(day=1) == seen.last.replace(day=1)
        else (f"{seen.first.day} {seen.first:%B}")
    )
    return f"{first} to {seen.last.day} {seen.last:%B %Y}"
