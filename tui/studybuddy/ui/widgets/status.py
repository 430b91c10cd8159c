"""The status line: what the model is doing, and what can be done about it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from studybuddy.domain.phases import Phase

PHRASES = (
    "Thinking…",
    "Pondering…",
    "Dotting the i's…",
    "Crossing the t's…",
    "Leafing through…",
    "Sharpening a pencil…",
    "Connecting the dots…",
    "Checking the margins…",
)
QUEUE_PHRASES = ("Queued…", "Waiting in line…", "Next in line…")
PHRASE_SECONDS = 2.5
_STILL = {
    Phase.RUNNING_CODE: "Running code…",
    Phase.CANCELLING: "Cancelling…",
}
_ROOM = 0.6
"""Share of the line that the activity keeps, where the hint has to go."""
CHARACTERS_PER_TOKEN = 4
"""OpenAI's rule of thumb for English, for an answer that is coming and was not counted yet."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a turn is doing; times are of `time.monotonic`, in seconds."""

    phase: Phase | None = None
    """`None` when nothing is under way."""
    detail: str = ""
    since: float = 0.0
    """When the phase began."""
    started: float = 0.0
    """When the turn began."""
    characters: int = 0
    """Of the answer, so far."""
    tokens: int = 0
    """Of the same, where they are counted."""
    until: float = 0.0
    """For RETRYING, when the next attempt is made."""
    failed: bool = False
    """With no phase: whether `detail` tells of a failure."""

    def to(self, phase: Phase, detail: str = "", retry_in: float | None = None) -> Activity:
        """The activity as it goes into another phase; what the student took counts for none."""
        now = time.monotonic()
        started = self.started or now
        if self.phase is Phase.WAITING:
            started += now - self.since
        return replace(
            self,
            phase=phase,
            detail=detail,
            since=now,
            started=started,
            until=now + (retry_in or 0),
        )

    def describe(self, now: float, *, reduced_motion: bool) -> str:
        """What the line says."""
        return self.detail if self.phase is None else self._under_way(now, reduced_motion)

    def _under_way(self, now: float, still: bool) -> str:
        if self.phase is Phase.RETRYING:
            when = "soon" if still else f"in {max(0, round(self.until - now))} s"
            return f"Trying again {when}: {self.detail}"
        if self.phase is Phase.ANSWERING:
            seconds = now - self.since
            if still or seconds < 0.5:
                return "Answering…"
            rate = (self.tokens or self.characters / CHARACTERS_PER_TOKEN) / seconds
            return f"Answering · about {rate:,.0f} tokens/s"
        elapsed = now - self.started
        text = self._phrase(0 if still else int((now - self.since) / PHRASE_SECONDS))
        counts = not still and elapsed >= 2 and self.phase is not Phase.WAITING
        return f"{text} {elapsed:.0f} s" if counts else text

    def _phrase(self, turn: int) -> str:
        match self.phase:
            case Phase.STARTING:
                return self.detail or "Starting the built-in model…"
            case Phase.SEARCHING:
                detail = self.detail or "searching your notes"
                return f"{detail[0].upper()}{detail[1:]}…"
            case Phase.WAITING:
                return f"Waiting for you: {self.detail}" if self.detail else "Waiting for you…"
            case Phase.THINKING if self.detail:
                return f"{self.detail[0].upper()}{self.detail[1:]}…"
            case Phase.QUEUED:
                return QUEUE_PHRASES[turn % len(QUEUE_PHRASES)]
            case phase if phase in _STILL:
                return _STILL[phase]
            case _:
                return PHRASES[turn % len(PHRASES)]


class StatusLine(Widget):
    """One line: the activity, and a hint where there is room."""

    activity: reactive[Activity] = reactive(Activity(), layout=False)
    hint = reactive("", layout=False)
    """What can be done about it; where there is little room, the activity gives way to it."""
    reduced_motion = reactive(False)
    news = reactive("", layout=True)
    """Below the line, where it may be more than one: what a screen reader is to read."""

    _clock: Timer | None = None
    _told = False
    """Whether this turn was seen to begin."""

    def watch_activity(self, activity: Activity) -> None:
        """Keep the time only while something is under way: an idle app does nothing."""
        if activity.phase is None:
            self._told = False
        elif not self._told:  # another turn: what was told before it is old
            self._told, self.news = True, ""
        running = activity.phase is not None and not self.reduced_motion
        if running and self._clock is None:
            self._clock = self.set_interval(0.5, self._tick)
        elif not running and self._clock is not None:
            self._clock.stop()
            self._clock = None
        self.set_class(activity.failed, "-failed")
        self.set_class(activity.phase is not None, "-active")

    def _tick(self) -> None:
        self.refresh()

    def render(self) -> Content:
        """The line, and what is told below it."""
        lines = [self._line(), Content(self.news)]
        return Content("\n").join(lines) if self.news else lines[0]

    def _line(self) -> Content:
        width = self.content_size.width
        text = self.activity.describe(time.monotonic(), reduced_motion=self.reduced_motion)
        left = Content(text).first_line
        hint = Content(" · " if left and self.hint else "") + Content(self.hint)
        room = width - hint.cell_length
        if left.cell_length > room and room < width * _ROOM:
            return left.truncate(width, ellipsis=True)
        left = left.truncate(room, ellipsis=True)
        return Content.assemble(left, hint.stylize("$foreground 60%"))
