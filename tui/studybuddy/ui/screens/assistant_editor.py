"""Making and changing an assistant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label

from studybuddy.domain.assistants import Assistant, AssistantSpec, Function, Tool
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.study.functions import read_functions, write_functions
from studybuddy.study.quiz import DISPLAY_QUIZ
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.tick import Tick

LONGEST_NAME = 256
LONGEST_DESCRIPTION = 512
"""Characters, as the Assistants API has it."""
_THROW_AWAY = "This is not saved. Esc again throws it away, F9 saves."


class AssistantEditor(Dialog[Assistant | None]):
    """Edits what makes an assistant; returns it as it was saved, or `None` where it stays."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("f9", "save", "Save", show=False, priority=True),
    ]

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
        self._warned = ""
        self._saving = False

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
        self._typed_before = self._typed()
        self._say("")
        self.set_focus(self.query_one("#name"), scroll_visible=False)

    def _input(self, id: str) -> str:
        return harmless(self.query_one(f"#{id}", Input).value.strip())

    def _text(self, id: str) -> str:
        return self.query_one(f"#{id}", Editor).text

    def _ticked(self, id: str) -> bool:
        return self.query_one(f"#{id}", Tick).value

    def _typed(self) -> tuple[object, ...]:
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

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Save what is typed; once, however often the key comes while the server is at it."""
        if self._saving:
            return
        try:
            spec = self._read()
        except ValueError as error:
            self._say(str(error))
        else:
            self._saving = True
            self._store(spec)

    @work(group="save", exit_on_error=False)
    async def _store(self, spec: AssistantSpec) -> None:
        button = self.query_one("#save", Button)
        button.disabled = True
        self._say("")
        try:
            assistant = await self._save(spec)
        except StudyBuddyError as error:
            self._say(str(error.problem))
        else:
            self.dismiss(assistant)
        finally:
            self._saving = button.disabled = False

    def _say(self, text: str) -> None:
        label = self.query_one("#error", Label)
        label.update(text)
        label.display = bool(text)

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave it as it was; what was typed is not lost by one key."""
        typed = repr(self._typed())
        if self._typed() != self._typed_before and self._warned != typed:
            self._warned = typed
            self._say(_THROW_AWAY)
        else:
            self.dismiss(None)
