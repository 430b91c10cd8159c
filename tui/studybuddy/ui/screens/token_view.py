"""A text as its tokens, as on a tokenizer page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Input, Label, Static

from studybuddy.domain.counting import TokenCounter
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.text import harmless, one_line
from studybuddy.study.text_files import read_text
from studybuddy.study.typed_paths import read_paths
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.token_words import many
from studybuddy.ui.widgets.path_input import PathInput
from studybuddy.ui.widgets.token_pieces import TokenPage
from studybuddy.ui.widgets.token_text import TokenText

WIDE = 120
"""Columns from which on two encodings stand side by side."""
MOST_BYTES = 2_000_000
"""Of a file."""
_EXPLAINED = (
    "A model reads tokens, not letters: pieces of text that it has a number for. "
    "Each colour below is one."
)
_EMPTY = "There is nothing in it yet. Press o to open a file."


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to look at."""

    label: str
    """Such as "Draft", "Your message", or a file's name."""
    text: str


class TokenViewScreen(Dialog[None]):
    """Shows texts as tokens, one at a time, in one encoding or two."""

    AUTO_FOCUS = "#first"
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape,q", "leave", "Back", show=False),
        Binding("i", "ids", "Ids", show=False),
        Binding("e", "compare", "Another encoding", show=False),
        Binding("n", "text(1)", "Next text", show=False),
        Binding("p", "text(-1)", "Previous text", show=False),
        Binding("o", "open", "Open a file", show=False),
    ]

    def __init__(
        self, texts: Sequence[Sample], counter: TokenCounter, model: str, start: int = 0
    ) -> None:
        """Take texts, of which `start` is shown first, and the model whose tokens are meant."""
        super().__init__()
        self._texts = list(texts) or [Sample("Draft", "")]
        self._counter = counter
        self._model = model
        self._at = max(0, min(start, len(self._texts) - 1))
        self._own = True
        self._encodings: list[str] = []  # the model's first
        self._other = 0  # which of them stands beside it; 0 for none
        self._shown: Sample | None = None
        self._ids = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet token-view"):
            with Horizontal(classes="head"):
                yield Label("", id="what", classes="title", markup=False)
                yield Label(harmless(self._model), id="model", markup=False)
            yield Static(_EXPLAINED, id="explained", markup=False)
            yield Static("Counting…", id="counts", markup=False)
            with Container(id="panes"):
                with Vertical(classes="pane"):
                    yield Label("", id="first-name", classes="name", markup=False)
                    yield TokenText(id="first")
                with Vertical(classes="pane", id="beside"):
                    yield Label("", id="second-name", classes="name", markup=False)
                    yield TokenText(id="second")
            with Horizontal(id="opening"):
                yield PathInput(placeholder="~/Documents/essay.txt", compact=True)
            yield Static("", id="error", markup=False)
            yield Static("", id="detail", markup=False)
            yield Label("", id="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#opening").display = False
        self.query_one("#beside").display = False
        self._say("")
        self.call_after_refresh(self._load)

    def on_resize(self, event: events.Resize) -> None:
        """Put the encodings side by side where there is room."""
        self.query_one("#panes").set_class(event.size.width >= WIDE, "-wide")

    # What is shown

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        """Cut the text into tokens, off the event loop, and show them."""
        sample = self._texts[self._at]
        of = f" ({self._at + 1} of {len(self._texts)})" if len(self._texts) > 1 else ""
        self.query_one("#what", Label).update(f"Tokens: {one_line(sample.label)}{of}")
        self.query_one("#keys", Label).update(self._keys())
        self.query_one("#counts", Static).update("Counting…")
        try:
            if not self._encodings:
                self._encodings, self._own = await asyncio.to_thread(self._find_encodings)
            view, shown = self.query_one("#first", TokenText), self._shown is sample
            first = view.page if shown else await self._cut(sample.text, 0)
            second = await self._cut(sample.text, self._other) if self._other else None
        except StudyBuddyError as error:
            self.query_one("#counts", Static).update("")
            self._say(str(error.problem))
            return
        self._say("")
        if not shown:  # else its cursor stays where it is
            view.show(first)
            self._shown = sample
        if second is not None:
            beside = self.query_one("#second", TokenText)
            beside.show(second)
            if first.tokens:
                beside.point_at(first.starts[view.cursor])
        self.query_one("#beside").display = second is not None
        self._tell_counts(sample.text, first, second)
        self._tell(view)

    def _find_encodings(self) -> tuple[list[str], bool]:
        name, own = self._counter.encoding_of(self._model)
        names = dict.fromkeys(filter(None, (name, *self._counter.encodings())))
        if not names:
            raise StudyBuddyError(
                Problem(ProblemKind.SETTINGS, "No vocabulary of tokens is installed.")
            )
        return list(names), own and bool(name)

    async def _cut(self, text: str, encoding: int) -> TokenPage:
        name = self._encodings[encoding]
        return await asyncio.to_thread(lambda: TokenPage(self._counter.tokens(text, name)))

    def _tell_counts(self, text: str, first: TokenPage, second: TokenPage | None) -> None:
        name, tokens = self._encodings[0], len(first.tokens)
        model = "" if self._own else one_line(self._model) or "this model"
        estimate = f" of {name}, an estimate for {model}" if model else ""
        size = len(text.encode("utf-8", "surrogatepass"))
        counts = f"{many(tokens, 'token')}{estimate} · {many(len(text), 'character')}"
        counts += f" · {many(size, 'byte')}"
        if tokens:
            counts += f" · {len(text) / tokens:.1f} characters a token"
        self.query_one("#counts", Static).update(counts if text else _EMPTY)
        self.query_one("#first-name", Label).update(f"{name} · {many(tokens, 'token')}")
        self.query_one("#first-name").display = second is not None
        if second is not None:
            other = len(second.tokens)
            told = f"{self._encodings[self._other]} · {many(other, 'token')}"
            self.query_one("#second-name", Label).update(f"{told} · {_difference(tokens, other)}")

    def _keys(self) -> str:
        keys = ["← → ↑ ↓ tokens", "i ids", "e encodings"]
        if len(self._texts) > 1:
            keys.append("n p texts")
        return " · ".join([*keys, "o file", "Esc closes"])

    @on(TokenText.Moved)
    def _moved(self, event: TokenText.Moved) -> None:
        """Point at the same place in the other encoding, and say more of the token."""
        view = event.control
        if self._other:
            other = self.query_one("#second" if view.id == "first" else "#first", TokenText)
            other.point_at(view.page.starts[view.cursor])
        self._tell(view)

    @on(events.DescendantFocus)
    def _entered(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, TokenText):
            self._tell(event.widget)

    def _tell(self, view: TokenText) -> None:
        page, at = view.page, view.cursor
        text = ""
        if page.tokens:
            token = page.tokens[at]
            text = f"Token {at + 1:,} of {len(page.tokens):,} · id {token.id} · "
            text += many(len(token.data), "byte")
            if len(token.data) <= 12:
                text += f": {token.data.hex(' ').upper()}"
            if part := page.part_of(at):
                text += f" · has a part of {one_line(part)}"
        self.query_one("#detail", Static).update(text)

    def _say(self, text: str) -> None:
        label = self.query_one("#error", Static)
        label.update(harmless(text))
        label.display = bool(text)

    # Keys

    def action_ids(self) -> None:
        """Show or hide the tokens' ids."""
        self._ids = not self._ids
        for view in self.query(TokenText):
            view.show_ids(self._ids)

    def action_compare(self) -> None:
        """Put the next encoding beside the model's; after the last one, none."""
        if self._encodings:
            self._other = (self._other + 1) % len(self._encodings)
            if not self._other:
                self.query_one("#first").focus()
            self._load()

    def action_text(self, by: int) -> None:
        """Show another text."""
        if len(self._texts) > 1:
            self._at = (self._at + by) % len(self._texts)
            self._load()

    def action_open(self) -> None:
        """Ask which file to show."""
        self.query_one("#opening").display = True
        self.query_one(PathInput).focus()

    def action_leave(self) -> None:
        """Close the line in which a path is typed, or the screen."""
        if self.query_one("#opening").display:
            self._close_path()
        else:
            self.dismiss(None)

    def _close_path(self) -> None:
        self._say("")
        self.query_one("#opening").display = False
        self.query_one("#first").focus()

    @on(Input.Submitted)
    @work(exclusive=True, group="open", exit_on_error=False)
    async def _opened(self, event: Input.Submitted) -> None:
        """Read the file and show it, as one more text."""
        event.stop()
        try:
            sample = await asyncio.to_thread(_read, event.value)
        except StudyBuddyError as error:
            self._say(str(error.problem))
            return
        if sample is None:
            return
        self._texts.append(sample)
        self._at = len(self._texts) - 1
        self._close_path()
        self._load()

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        self._say("  ".join(event.names[:12]))


def _read(typed: str) -> Sample | None:
    paths = read_paths(typed)
    if not paths:
        return None
    name = typed.strip() if len(paths) == 1 else str(paths[0])
    return Sample(paths[0].name, read_text(paths[0], MOST_BYTES, name))


def _difference(tokens: int, other: int) -> str:
    if other == tokens:
        return "as many"
    change = other - tokens
    share = f" ({abs(change) / tokens:.0%})" if tokens else ""
    return f"{abs(change):,} {'more' if change > 0 else 'fewer'}{share}"
