"""Making and changing an assistant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label

from studybuddy.domain.assistants import Assistant, AssistantSpec, Function, Tool
from studybuddy.domain.text import harmless
from studybuddy.study.functions import read_functions, write_functions
from studybuddy.study.quiz import DISPLAY_QUIZ
from studybuddy.ui.screens.editing_dialog import EditingDialog
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.tick import Tick

LONGEST_NAME = 256
LONGEST_DESCRIPTION = 512
"""Characters, as the Assistants API has it."""


class AssistantEditor(EditingDialog[Assistant | None]):
    """Edits what makes an assistant; returns it as it was saved, or `None` where it stays."""

    AUTO_FOCUS = ""

    def __init__(
        self,
        spec: AssistantSpec,
        save: Callable[[AssistantSpec], Awaitable[Assistant]],
        *,
        title: str,
        default_model: str,
    ) -> None:
        """Take what to begin with, what saves it, and the model where none is named."""
        super().__init__()
        self._spec = spec
        self._save = save
        self._title = title
        self._default_model = default_model

    def compose(self) -> ComposeResult:
        spec = self._spec
        own = [function for function in spec.functions if function.name != DISPLAY_QUIZ.name]
        with Vertical(classes="dialog assistant"):
            yield Label(self._title, classes="title", markup=False)
            with VerticalScroll(classes="fields", can_focus=False):
                yield from self._fields(spec, own)
            yield Label("", id="error", markup=False)
            yield Label("F9 saves · Tab goes on · Esc leaves it as it was", id="note")
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _fields(self, spec: AssistantSpec, own: Sequence[Function]) -> ComposeResult:
        yield Label("Name", classes="field")
        yield Input(harmless(spec.name), id="name", max_length=LONGEST_NAME, compact=True)
        yield Label("What it is for; only you see this", classes="field")
        yield Input(
            harmless(spec.description),
            id="description",
            max_length=LONGEST_DESCRIPTION,
            compact=True,
        )
        yield Label("Instructions: how it shall behave", classes="field")
        yield Editor(
            harmless(spec.instructions),
            id="instructions",
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        yield Label("Tools", classes="field")
        with Horizontal(classes="tools"):
            search, code = (
                tool in spec.tools for tool in (Tool.FILE_SEARCH, Tool.CODE_INTERPRETER)
            )
            yield Tick("Search my notes", search, id="search", compact=True)
            yield Tick("Run code", code, id="code", compact=True)
            yield Tick("Quizzes", len(own) < len(spec.functions), id="quiz", compact=True)
        yield Label("Model", classes="field")
        yield Input(
            harmless(spec.model),
            id="model",
            placeholder=f"{self._default_model} (the one in use)",
            compact=True,
        )
        yield Label("Functions of your own, as JSON; you answer their calls", classes="field")
        yield Editor(
            harmless(write_functions(own)),
            id="functions",
            soft_wrap=False,
            highlight_cursor_line=False,
            tab_behavior="focus",
            placeholder='{"name": "look_up_word", "description": "…", "parameters": {…}}',
        )

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#name"), scroll_visible=False)

    def _input(self, id: str) -> str:
        return harmless(self.query_one(f"#{id}", Input).value.strip())

    def _text(self, id: str) -> str:
        return self.query_one(f"#{id}", Editor).text

    def _ticked(self, id: str) -> bool:
        return self.query_one(f"#{id}", Tick).value

    def written(self) -> tuple[object, ...]:
        """All that is typed and ticked."""
        texts = [self._input(id) for id in ("name", "description", "model")]
        ticks = [self._ticked(id) for id in ("search", "code", "quiz")]
        return (*texts, *ticks, self._text("instructions"), self._text("functions"))

    def _read(self) -> AssistantSpec:
        """What was typed. Raises ValueError with the sentence to show."""
        name = self._input("name")
        if not name:
            self.set_focus(self.query_one("#name"))
            raise ValueError("Give the assistant a name.")
        try:
            functions = read_functions(self._text("functions"))
            if any(function.name == DISPLAY_QUIZ.name for function in functions):
                raise ValueError(f"“{DISPLAY_QUIZ.name}” is the quiz's own name: tick Quizzes.")
        except ValueError:
            self.set_focus(self.query_one("#functions"))
            raise
        ticked = {Tool.FILE_SEARCH: "search", Tool.CODE_INTERPRETER: "code"}
        return AssistantSpec(
            name,
            harmless(self._text("instructions").strip()),
            self._input("description"),
            self._input("model"),
            frozenset(tool for tool, id in ticked.items() if self._ticked(id)),
            (*((DISPLAY_QUIZ,) if self._ticked("quiz") else ()), *functions),
            self._spec.preset,
        )

    def save(self) -> None:
        """Save what is typed."""
        try:
            spec = self._read()
        except ValueError as error:
            self.say(str(error))
        else:
            self.say("")
            self.store(partial(self._write, spec))

    async def _write(self, spec: AssistantSpec) -> Assistant:
        button = self.query_one("#save", Button)
        button.disabled = True  # the server may take its time
        try:
            return await self._save(spec)
        finally:
            button.disabled = False
