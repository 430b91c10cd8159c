"""The model picker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.chat.desk import Desk
from studybuddy.domain.endpoints import Endpoint, Model
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.setup import Setup
from studybuddy.ui.screens.dialog import Dialog, is_linear
from studybuddy.ui.texts import endpoint_label


class ModelScreen(Dialog[Endpoint | None]):
    """Lists the endpoint's models and the other endpoints; returns the endpoint to use."""

    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, desk: Desk, setup: Setup, *, once: bool = False) -> None:
        """Take where the models are; `once` for a choice that holds for one answer."""
        super().__init__()
        self._once = once
        self._desk = desk
        self._setup = setup
        self._models: Sequence[Model] = ()
        self._others = [e for e in setup.configured() if not self._is_current(e)]
        self._offered: list[Endpoint] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            once = " this once" if self._once else ""
            yield Label(f"Which model shall answer{once}?", classes="title")
            yield Input(placeholder="Type to search, Enter to choose", id="search")
            yield OptionList(id="models")
            yield Label("", id="note", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()
        self._show("")
        self._load()

    def _is_current(self, endpoint: Endpoint) -> bool:
        current = self._desk.endpoint
        return current is not None and endpoint.name == current.name

    @work(exclusive=True, exit_on_error=False)
    async def _load(self) -> None:
        note = self.query_one("#note", Label)
        note.update("Asking the server for its models…")
        try:
            self._models = await self._desk.models()
        except StudyBuddyError as error:
            note.update(str(error.problem))
        else:
            count = len(self._models)
            note.update("1 model" if count == 1 else f"{count} models")
        self._show(self.query_one(Input).value)

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        if is_linear(self) and (number := _number(event.value)):
            self._show("")
            models = self.query_one(OptionList)
            if number <= models.option_count:
                models.highlighted = number - 1
                return
        self._show(event.value)

    def _show(self, query: str) -> None:
        """List what matches, the best match first, and the typed name itself as a last resort."""
        current = self._desk.endpoint
        rows: list[tuple[float, Content, Endpoint]] = []
        matcher = Matcher(query)

        def offer(label: str, hint: str, endpoint: Endpoint) -> None:
            score = matcher.match(label) if query else 1.0
            if score > 0:
                text = matcher.highlight(label) if query else Content(label)
                rows.append((score, Content.assemble(text, (hint, "$text-muted")), endpoint))

        if current is not None:
            for model in self._models:
                hint = "  in use" if model.id == current.model else ""
                if model.shutdown_date:
                    hint += f"  ends {model.shutdown_date}"
                offer(model.id, hint, replace(current, model=model.id))
        for endpoint in self._others:
            offer(endpoint_label(endpoint), "", endpoint)
        if query:
            rows.sort(key=lambda row: -row[0])
            if current is not None and query not in {model.id for model in self._models}:
                typed = Content(f"Ask for “{query}” by this name")
                rows.append((0, typed, replace(current, model=query)))
        self._offered = [endpoint for _, _, endpoint in rows]
        models = self.query_one(OptionList)
        texts = [text for _, text, _ in rows]
        if is_linear(self):  # typing a number points at its row
            texts = [Content.assemble(f"{n}. ", text) for n, text in enumerate(texts, 1)]
        models.set_options([Option(text) for text in texts])
        in_use = next((i for i, e in enumerate(self._offered) if e == current), 0)
        models.highlighted = (in_use if not query else 0) if rows else None

    def action_move(self, by: int) -> None:
        """Move through the list while typing goes on."""
        models = self.query_one(OptionList)
        if self._offered:
            models.highlighted = ((models.highlighted or 0) + by) % len(self._offered)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None:
            self.dismiss(self._offered[highlighted])

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._offered[event.option_index])

    def action_leave(self) -> None:
        """Keep the model in use."""
        self.dismiss(None)


def _number(typed: str) -> int:
    """The number of a row, where nothing else is typed; 0 else."""
    return int(typed) if typed.strip().isdecimal() and len(typed) < 5 else 0
