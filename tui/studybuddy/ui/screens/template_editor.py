"""Writing a template: its words, its places, and what the form says for each of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label, TextArea

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.prompts import Template
from studybuddy.domain.text import harmless
from studybuddy.study.filling import form_of, variables_of
from studybuddy.ui.pace import Pace
from studybuddy.ui.prompt_tokens import CountText, tokens_in_words
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.persona_editor import COUNT_PACE
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.variable_rows import VariableRows

_THROW_AWAY = "This is not saved. Esc again throws it away, F9 saves."
_HOW = (
    "Text: {{name}} is a place to fill in. Put long ones between <text> and </text>, and say that "
    "they are data"
)


class TemplateEditor(Dialog[Template | None]):
    """Edits a template; returns it as it was saved, or `None` where it stays."""

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("f9", "save", "Save", show=False, priority=True),
    ]

    def __init__(
        self,
        template: Template,
        *,
        title: str,
        count: CountText,
        save: Callable[[Template], Awaitable[None]],
        note: str = "",
    ) -> None:
        """Take what to begin with, what counts and saves it, and what else is to be known."""
        super().__init__()
        self._template = template
        self._title = title
        self._count = count
        self._save = save
        self._note = note
        self._warned: Template | None = None
        self._saving = False

    def compose(self) -> ComposeResult:
        template = self._template
        with Vertical(classes="dialog template"):
            yield Label(self._title, classes="title", markup=False)
            with VerticalScroll(classes="fields", can_focus=False):
                yield Label("Name: what is typed after the slash", classes="field")
                yield Input(harmless(template.name), id="name", max_length=60, compact=True,
                            placeholder="my-template")  # fmt: skip
                yield Label("What it does, in one sentence", classes="field")
                yield Input(harmless(template.description), id="description", compact=True)
                yield Label(_HOW, classes="field", markup=False)
                yield Editor(harmless(template.text), id="text", soft_wrap=True,
                             tab_behavior="focus", highlight_cursor_line=False)  # fmt: skip
                yield VariableRows(form_of(template), id="variables")
            yield Label("", id="error", markup=False)
            yield Label("", id="tokens", markup=False)
            note = f"{self._note} " if self._note else ""
            yield Label(f"{note}F9 saves · Tab goes on · Esc leaves it", id="note", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._say("")
        self._before = self._written()
        self._pace = Pace(self, COUNT_PACE, self._again)
        self._look()
        self.set_focus(self.query_one("#name"), scroll_visible=False)

    def _written(self) -> Template:
        """What is written by now."""
        name, description = (
            harmless(" ".join(self.query_one(f"#{part}", Input).value.split()))
            for part in ("name", "description")
        )
        text = harmless(self.query_one("#text", Editor).text).strip("\n")
        names = variables_of(text)
        variables = [v for v in self.query_one(VariableRows).variables if v.name in names]
        return replace(
            self._template,
            name=re.sub(r"[\s_]+", "-", name.removeprefix("/").lower()),
            description=description,
            text=text,
            variables=tuple(variables),
        )

    @on(TextArea.Changed, "#text")
    def _changed(self) -> None:
        self._pace.ask()

    def _again(self) -> None:
        self._look()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        """Show the places that the text has, and how long it is."""
        if not self.is_mounted:
            return
        text = self.query_one("#text", Editor).text
        await self.query_one(VariableRows).show(variables_of(text))
        told = tokens_in_words(await self._count(text))
        self.query_one("#tokens", Label).update(f"{told} before it is filled in")

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Save what is written; once, however often the key comes meanwhile."""
        if self._saving:
            return
        template = self._written()
        if not template.name:
            self.set_focus(self.query_one("#name"))
            self._say("Give the template a name.")
        elif not template.text.strip():
            self.set_focus(self.query_one("#text"))
            self._say("Write the template's text.")
        else:
            self._saving = True
            self._store(template)

    @work(group="save", exit_on_error=False)
    async def _store(self, template: Template) -> None:
        try:
            await self._save(template)
        except StudyBuddyError as error:
            self._say(str(error.problem))
        else:
            self.dismiss(template)
        finally:
            self._saving = False

    def _say(self, text: str) -> None:
        label = self.query_one("#error", Label)
        label.update(text)
        label.display = bool(text)

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave it as it was; what was written is not lost by one key."""
        written = self._written()
        if written != self._before and self._warned != written:
            self._warned = written
            self._say(_THROW_AWAY)
        else:
            self.dismiss(None)
