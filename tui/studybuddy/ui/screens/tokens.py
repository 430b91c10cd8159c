"""The detail behind the meter: what the next request is made of, and what it costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, Static

from studybuddy.domain.limits import Overflow
from studybuddy.domain.metering import ContextReport, Part, PartKind, Place, Reading
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.token_words import sending_words, usage_words
from studybuddy.ui.widgets.context_parts import ContextParts
from studybuddy.ui.widgets.row_list import RowList
from studybuddy.ui.widgets.window_map import WindowMap

_OVERFLOWS = {
    Overflow.REFUSE: "if too long, it is not sent",
    Overflow.DROP: "if too long, the oldest turns are left out",
    Overflow.SUMMARISE: "if too long, the oldest turns are summed up",
}

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
        reading: Reading | None = None,
        *,
        model: str = "",
        reload: Callable[[], Awaitable[ContextReport]] | None = None,
        pin: Callable[[str, bool], Awaitable[None]] | None = None,
        show: Callable[[Part | None], None] | None = None,
        usage: Callable[[], None] | None = None,
    ) -> None:
        """Take a report, or `None` to make it with `reload` when the screen is there.

        `pin` takes a message's id and whether to pin it, and `reload` is called after it; `show`
        opens the token view of a part, of the draft for `None`; `usage` opens the usage screen.
        """
        super().__init__()
        self._report = report
        self._reading = reading
        self._model = model
        self._reload = reload
        self._pin = pin
        self._show_part = show
        self._usage = usage

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
            yield Label(self._keys(), id="keys", markup=False)

    def on_mount(self) -> None:
        self._say("")
        if self._report is not None:
            self._show()
        else:
            self.call_after_refresh(self._load)

    def on_screen_resume(self) -> None:
        """Count again after what was opened from here."""
        super().on_screen_resume()
        if self._report is not None and self._reload is not None:
            self._load()

    def _keys(self) -> str:
        keys = ["↑ ↓ parts"]
        if self._show_part:
            keys.append("Enter its tokens")
        if self._pin:
            keys.append("* pins")
        if self._show_part:
            keys.append("v draft")
        if self._usage:
            keys.append("u usage")
        return " · ".join([*keys, "Esc closes"])

    # What is shown

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        """Make the report anew."""
        if self._reload is None:
            return
        try:
            self._report = await self._reload()
        except StudyBuddyError as error:
            self._say(str(error.problem))
            return
        self._show()

    def _show(self) -> None:
        report = self._report
        if report is None:
            return
        self.query_one("#total", Static).update(_total(report))
        self.query_one(WindowMap).show(report)
        self.query_one("#money", Static).update("\n".join(self._money(report)))
        self.query_one(ContextParts).show(report.parts)
        self._tell()

    def _money(self, report: ContextReport) -> list[str]:
        lines = [sending_words(report.sending, report.longest_answer)]
        if report.facts_from:
            lines[0] += f" ({harmless(report.facts_from)})"
        reading = self._reading
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
        self.query_one("#detail", Static).update(text)

    def _say(self, text: str) -> None:
        label = self.query_one("#error", Static)
        label.update(harmless(text))
        label.display = bool(text)

    # Keys

    @on(RowList.Chosen)
    def _chosen(self) -> None:
        part = self.query_one(ContextParts).part
        if self._show_part is not None and part is not None:
            self._show_part(part)

    @work(exclusive=True, group="pin", exit_on_error=False)
    async def action_pin(self) -> None:
        """Pin the message under the cursor, or let it go."""
        part = self.query_one(ContextParts).part
        if self._pin is None or part is None:
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
        self._load()

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
    return f"{request} of {room.prompt:,} tokens ({share:.0%}) · {_OVERFLOWS[report.overflow]}"


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
