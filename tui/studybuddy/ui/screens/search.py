"""Searching all conversations, as one types."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Label, OptionList, Select
from textual.widgets.option_list import Option

from studybuddy.domain.messages import Mode, Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.searching import ConversationSearch, Hit, Query
from studybuddy.domain.text import one_line
from studybuddy.ui.screens.dialog import Dialog, is_linear
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.token_words import many

READ_ON = 0.5
"""Seconds after which it is searched again while messages are still being read in."""
MOST = 50
"""Hits that are shown."""
_DAY = 86_400.0
_SPANS = {"today": _DAY, "7 days": 7 * _DAY, "30 days": 30 * _DAY, "a year": 365 * _DAY}
_KEYS = "↑ ↓ hits · Enter opens · Tab filters · Esc closes"
_WHO = {Role.USER: "You", Role.ASSISTANT: "Answer", Role.SYSTEM: "System", None: "Title"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search down."""

    mode: Mode | None = None
    model: str = ""
    span: float | None = None
    """Seconds to look back; `None` for all time."""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was chosen."""

    hit: Hit
    words: tuple[str, ...]
    """What was looked for."""


class SearchScreen(Dialog[Found | None]):
    """Looks for words in all conversations; returns the hit that was chosen."""

    AUTO_FOCUS = "#words"
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(5)", show=False, priority=True),
        Binding("pageup", "move(-5)", show=False, priority=True),
    ]

    def __init__(
        self,
        search: ConversationSearch,
        words: str = "",
        folders: Sequence[str] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take who searches, what to begin with, and the folders there are."""
        super().__init__()
        self._search = search
        self.words = words
        """What is looked for by now."""
        self._folders = folders
        self._now = now
        self._hits: Sequence[Hit] = ()
        self._looking = False
        self._open_first = False
        self._later: Timer | None = None
        """Looks again while messages are being read in."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet search"):
            yield Label("Find in all conversations", classes="title")
            yield Input(
                self.words, placeholder="Words, or their beginnings", id="words", compact=True
            )
            with Horizontal(id="filters"):
                yield Select(
                    [("Completion", Mode.COMPLETION), ("Assistant", Mode.ASSISTANT)],
                    prompt="both modes",
                    id="mode",
                    compact=True,
                )
                yield Select[str]([], prompt="any model", id="model", compact=True)
                yield Select(
                    list(_SPANS.items()),
                    prompt="any time",
                    id="span",
                    compact=True,
                )
                if self._folders:
                    folders = [(Content(name), name) for name in self._folders]
                    yield Select(folders, prompt="any folder", id="folder", compact=True)
            yield OptionList(id="hits")
            yield Label("", id="note", markup=False)

    def on_mount(self) -> None:
        self.query_one("#hits", OptionList).can_focus = False
        self._say(_KEYS)
        self._find_models()
        if self.words:
            self.query_one("#words", Input).action_select_all()
            self._changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the arrows to a filter that has the focus."""
        if action == "move" and not self.query_one("#words").has_focus:
            return False
        return super().check_action(action, parameters)

    @work(exclusive=True, group="models", exit_on_error=False)
    async def _find_models(self) -> None:
        try:
            models = await self._search.models()
        except StudyBuddyError:
            return  # the search itself tells
        names = [(Content(name), name) for name in models]
        self.query_one("#model", Select).set_options(names)

    # Searching

    @on(Input.Changed, "#words")
    @on(Select.Changed)
    def _changed(self) -> None:
        if self._later is not None:
            self._later.stop()
        self.words = self._typed()
        self._looking = bool(self.words)
        self._open_first = False
        self._look()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _look(self, *, again: bool = False) -> None:
        """Search for what is typed by now; a search that is overtaken shows nothing.

        Where it is looked for `again`, the cursor stays at its hit.
        """
        if not (words := self.words):
            self._show((), _KEYS)
            return
        try:
            hits = await self._search.search(self._query(words), MOST)
            unread = await self._search.unread()
        except StudyBuddyError as error:
            self._looking = False
            self._show((), str(error.problem))
            return
        self._looking = False
        behind = f"{many(unread, 'message')} still being read in · " if unread else ""
        if not hits:
            nothing = "Nothing was found. Fewer words, or their beginnings, find more."
            self._show((), f"{behind}{nothing}")
        else:
            found = many(len(hits), "hit") if len(hits) < MOST else f"The best {MOST} hits"
            self._show(hits, f"{behind}{found} · {_KEYS}", stay=again)
            if self._open_first:
                self._choose(0)
                return
        if unread and self.is_attached:
            self._later = self.set_timer(READ_ON, partial(self._look, again=True))

    def _typed(self) -> str:
        return " ".join(self.query_one("#words", Input).value.split())

    def _query(self, words: str) -> Query:
        def chosen(name: str) -> object:
            for select in self.query(f"#{name}").results(Select):
                return None if select.is_blank() else select.value
            return None

        mode, span = chosen("mode"), chosen("span")
        return Query(
            words,
            mode if isinstance(mode, Mode) else None,
            str(chosen("model") or ""),
            self._now() - span if isinstance(span, float) else None,
            folder=str(chosen("folder") or ""),
        )

    def _show(self, hits: Sequence[Hit], note: str, *, stay: bool = False) -> None:
        options = self.query_one("#hits", OptionList)
        at, before = options.highlighted, self._hits
        self._hits = hits
        lines = [_line(hit, self._now()) for hit in hits]
        if is_linear(self):  # they are never in the focus, where digits would choose them
            lines = [Content.assemble(f"{n}. ", line) for n, line in enumerate(lines, 1)]
        options.set_options([Option(line) for line in lines])
        place = 0
        if stay and at is not None:
            keys = [_key(hit) for hit in hits]
            known = _key(before[at])
            place = keys.index(known) if known in keys else min(at, len(keys) - 1)
        options.highlighted = place if hits else None
        self._say(note)

    def _say(self, text: str) -> None:
        self.query_one("#note", Label).update(text)

    # Keys

    def action_move(self, by: int) -> None:
        """Move through the hits while typing goes on."""
        options = self.query_one("#hits", OptionList)
        if self._hits:
            at = (options.highlighted or 0) + by
            options.highlighted = max(0, min(at, len(self._hits) - 1))

    @on(Input.Submitted, "#words")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._looking:  # the keys were quicker
            self._open_first = True
            return
        highlighted = self.query_one("#hits", OptionList).highlighted
        if highlighted is not None:
            self._choose(highlighted)

    @on(OptionList.OptionSelected, "#hits")
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option_index)

    def _choose(self, place: int) -> None:
        self.dismiss(Found(self._hits[place], tuple(self._typed().split())))

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)


def _key(hit: Hit) -> tuple[str, str]:
    return hit.conversation.id, hit.message_id


def _line(hit: Hit, now: float) -> Content:
    """A hit in two lines: the conversation, and the words around."""
    head = hit.conversation
    told = [_day(hit.created_at, now), _WHO[hit.role]]
    if head.mode is Mode.ASSISTANT:
        told.append("thread")
    told += filter(None, ["archived" if head.archived else "", head.folder])
    title = one_line(head.title) or "Without a title"
    excerpt = Content(hit.excerpt)
    for begin, end in hit.marks:
        excerpt = excerpt.stylize("bold $text-warning", begin, end)
    return Content.assemble(
        (title, "bold"), (f"  {' · '.join(told)}", "$text-muted"), "\n  ", excerpt
    )


def _day(moment: float, now: float) -> str:
    day, today = datetime.fromtimestamp(moment), datetime.fromtimestamp(now)
    if day.date() == today.date():
        return f"{day:%H:%M}"
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"
