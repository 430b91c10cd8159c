"""The detail behind the meter: what the next request is made of, and what it costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Label, Static
from textual.worker import Worker

from studybuddy.domain.metering import ContextReport, Part, PartKind, Place, Reading
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.limits import OVERFLOWS
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.token_words import sending_words, usage_words
from studybuddy.ui.widgets.context_parts import ContextParts
from studybuddy.ui.widgets.row_list import RowList
from studybuddy.ui.widgets.window_map import WindowMap

PACE = 0.5
"""Seconds from a change, of which an answer makes many, until it is all counted again."""

_WHY = {
    Place.DROPPED: "It does not fit, so the next request goes without it; * keeps it.",
    Place.SUMMARISED: "The next request goes without it: the summary stands for it.",
    Place.LEFT_OUT: "A turn that failed or was stopped is never sent again.",
    Place.SERVER: "The server keeps it, and decides what of it the model sees.",
}


class TokensScreen(Dialog[None]):
    """Shows a context report part by part, with the totals above it."""

    AUTO_FOCUS = "ContextParts"
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape,q", "leave", "Back", show=False),
        Binding("asterisk", "pin", "Pin", show=False),
        Binding("v", "draft", "Token view", show=False),
        Binding("u", "usage", "Usage", show=False),
    ]

    def __init__(
        self,
        report: ContextReport | None,
        reading: Callable[[], Reading | None] | None = None,
        *,
        model: str = "",
        reload: Callable[[], Awaitable[ContextReport]] | None = None,
        pin: Callable[[str, bool], Awaitable[None]] | None = None,
        show: Callable[[Part | None], None] | None = None,
        usage: Callable[[], None] | None = None,
        follow: Callable[[Callable[[], None]], Callable[[], None]] | None = None,
    ) -> None:
        """Take a report, or `None` to make it with `reload` when the screen is there.

        `reading` gives the meter as it is now; `pin` takes a message's id and whether to pin it,
        and `reload` is called after it: without it, the server decides what fits; `show` opens
        the token view of a part, of the draft for `None`; `usage` opens the usage screen;
        `follow` has a function called after changes, and returns how to end that.
        """
        super().__init__()
        self._report = report
        self._reading = reading
        self._model = model
        self._reload = reload
        self._pin = pin
        self._show_part = show
        self._usage = usage
        self._follow = follow
        self._unfollow: Callable[[], None] | None = None
        self._loader: Worker[None] | None = None
        self._due: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet tokens"):
            with Horizontal(classes="head"):
                yield Label("What the next request is made of", classes="title", markup=False)
                yield Label(harmless(self._model), id="model", markup=False)
            yield Static("Counting…", id="total", markup=False)
            yield WindowMap()
            yield Static("", id="money", markup=False)
            yield Static("", id="error", markup=False)
            yield ContextParts()
            yield Static("", id="detail", markup=False)
            yield Label("", id="keys", markup=False)

    def on_mount(self) -> None:
        self._say("")
        self._tell_keys(None)
        if self._follow is not None:
            self._unfollow = self._follow(self.changed)
        if self._report is not None:
            self._show()
        else:
            self.call_after_refresh(self._reload_now)

    def on_unmount(self, event: events.Unmount) -> None:
        """Hear of no more changes."""
        if self._unfollow is not None:
            self._unfollow()

    def on_screen_resume(self) -> None:
        """Count again after what was opened from here."""
        super().on_screen_resume()
        if self._report is not None:
            self._reload_now()

    def changed(self) -> None:
        """Show the meter as it is now, and soon the parts as they are then."""
        if self._report is not None and self.is_mounted:
            self._show_money(self._report)
        if self._due is None:
            self._due = self.set_timer(PACE, self._catch_up)

    def _catch_up(self) -> None:
        self._due = None
        if self._loader is None or self._loader.is_finished:
            self._reload_now()
        else:  # it may have been counted before the change
            self._due = self.set_timer(PACE, self._catch_up)

    def _tell_keys(self, part: Part | None) -> None:
        keys = ["↑ ↓ parts"]
        if self._show_part and part is not None and part.text:
            keys.append("Enter its tokens")
        if self._pin:
            keys.append("* pins")
        if self._show_part:
            keys.append("v draft")
        if self._usage:
            keys.append("u usage")
        self.query_one("#keys", Label).update(" · ".join([*keys, "Esc closes"]))

    # What is shown

    def _reload_now(self) -> None:
        if self._reload is not None:
            self._loader = self._load(self._reload)

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self, reload: Callable[[], Awaitable[ContextReport]]) -> None:
        """Make the report anew."""
        try:
            self._report = await reload()
        except StudyBuddyError as error:
            self._say(str(error.problem))
            return
        self._say("")
        self._show()

    def _show(self) -> None:
        report = self._report
        if report is None:
            return
        self.query_one("#total", Static).update(_total(report))
        self.query_one(WindowMap).show(report)
        self._show_money(report)
        self.query_one(ContextParts).show(report.parts)
        self._tell()

    def _show_money(self, report: ContextReport) -> None:
        self.query_one("#money", Static).update("\n".join(self._money(report)))

    def _money(self, report: ContextReport) -> list[str]:
        lines = [sending_words(report.sending, report.longest_answer)]
        if report.facts_from:
            lines[0] += f" ({harmless(report.facts_from)})"
        reading = self._reading() if self._reading is not None else None
        if reading is not None and reading.used is not None:
            cost = f" · {reading.cost}" if reading.cost is not None else ""
            session = f" · session {reading.session}" if reading.session is not None else ""
            lines.append(f"So far: {usage_words(reading.used)}{cost}{session}")
        return lines

    @on(RowList.Moved)
    def _tell(self) -> None:
        """Say more of the part under the cursor."""
        part = self.query_one(ContextParts).part
        text = "Nothing is sent yet: type a question first."
        if part is not None:
            text = _about(part)
        self._tell_keys(part)
        self.query_one("#detail", Static).update(text)

    def _say(self, text: str) -> None:
        label = self.query_one("#error", Static)
        label.update(harmless(text))
        label.display = bool(text)

    # Keys

    @on(RowList.Chosen)
    def _chosen(self) -> None:
        part = self.query_one(ContextParts).part
        if self._show_part is not None and part is not None and part.text:
            self._show_part(part)

    @work(exclusive=True, group="pin", exit_on_error=False)
    async def action_pin(self) -> None:
        """Pin the message under the cursor, or let it go."""
        part = self.query_one(ContextParts).part
        if part is None:
            return
        if self._pin is None:
            self._say("Nothing can be pinned here: the server decides what fits.")
            return
        if not part.message_id:
            self._say("Only messages can be pinned; everything else is always sent.")
            return
        try:
            await self._pin(part.message_id, not part.pinned)
        except StudyBuddyError as error:
            self._say(str(error.problem))
            return
        self._say("")
        self._reload_now()

    def action_draft(self) -> None:
        """Show the draft as tokens."""
        if self._show_part is not None:
            self._show_part(None)

    def action_usage(self) -> None:
        """Show the history of usage."""
        if self._usage is not None:
            self._usage()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)


def _total(report: ContextReport) -> str:
    room, request = report.room, report.request
    if room.window is None or room.prompt is None:
        return f"{request} tokens. How many this model takes is not known, so all of it is sent."
    share = request.tokens / room.prompt if room.prompt else 1.0
    happens = OVERFLOWS[report.overflow]
    told = f"{request} of {room.prompt:,} tokens ({share:.0%}) · if too long, {happens}"
    if report.kept_back:
        told += f" · {report.kept_back:,} kept back: this is an estimate"
    return told


def _about(part: Part) -> str:
    if part.reported is not None:
        return f"Reported for this answer: {usage_words(part.reported)}"
    if part.place in _WHY:
        return _WHY[part.place]
    if not part.count.exact:
        return "≈ an estimate: this model's own tokenizer is not here."
    if part.kind is PartKind.OVERHEAD:
        return "What the chat format adds to each message, and to begin the answer."
    return "Counted with the model's own tokenizer."
