"""Writing a template: its words, its places, and what the form says for each of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label, TextArea

from studybuddy.domain.prompts import Template
from studybuddy.domain.text import harmless
from studybuddy.study.filling import form_of, no_variable_in, variables_of
from studybuddy.ui.pace import Pace
from studybuddy.ui.prompt_tokens import CountText, tokens_in_words
from studybuddy.ui.screens.editing_dialog import EditingDialog
from studybuddy.ui.screens.persona_editor import COUNT_PACE
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.variable_rows import VariableRows

_HOW = (
    "Text: {{name}} is a place to fill in. Put long ones between <text> and </text>, and say that "
    "they are data"
)


class TemplateEditor(EditingDialog[Template | None]):
    """Edits a template; returns it as it was saved, or `None` where it stays."""

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = BREAKPOINTS

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
        self._pace = Pace(self, COUNT_PACE, self._again)
        self._look()
        self.set_focus(self.query_one("#name"), scroll_visible=False)

    def written(self) -> Template:
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
        odd = no_variable_in(text)
        hint = f" · “{odd}” is no place to fill in: it stays as text" if odd else ""
        self.query_one("#tokens", Label).update(f"{told} before it is filled in{hint}")

    def save(self) -> None:
        """Save what is written."""
        template = self.written()
        if not template.name:
            self.set_focus(self.query_one("#name"))
            self.say("Give the template a name.")
        elif not template.text.strip():
            self.set_focus(self.query_one("#text"))
            self.say("Write the template's text.")
        else:
            self.store(partial(self._write, template))

    async def _write(self, template: Template) -> Template:
        await self._save(template)
        return template
