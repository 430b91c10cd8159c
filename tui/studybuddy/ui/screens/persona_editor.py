"""Writing a persona, or what a conversation was given of one: system prompt and examples."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label, TextArea

from studybuddy.domain.prompts import Persona
from studybuddy.domain.text import harmless
from studybuddy.ui.pace import Pace
from studybuddy.ui.prompt_tokens import CountPrompt, tokens_in_words
from studybuddy.ui.screens.editing_dialog import EditingDialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.examples_editor import ExamplesEditor

COUNT_PACE = 0.3
"""Seconds between two counts of what is written."""
_HALF = "An example needs both its question and its answer."


class PersonaEditor(EditingDialog[Persona | None]):
    """Edits a persona; returns it as it was saved, or `None` where it stays."""

    AUTO_FOCUS = ""
    _swapped = False
    VERTICAL_BREAKPOINTS = BREAKPOINTS

    def __init__(
        self,
        persona: Persona,
        *,
        title: str,
        count: CountPrompt,
        save: Callable[[Persona], Awaitable[None]],
        default: Persona | None = None,
        note: str = "",
    ) -> None:
        """Take what to begin with.

        Args:
            persona: as it is.
            title: what is being done.
            count: counts the prompt with its examples.
            save: writes it.
            default: for the prompt of a conversation, which has no name and no starters: what it
                would have by itself. `None` for a persona of the library.
            note: what else is to be known.
        """
        super().__init__()
        self._persona = persona
        self._title = title
        self._count = count
        self._save = save
        self._default = default
        self._note = note
        self._other = (default.system_prompt, default.examples) if default else ("", ())
        """What the button shows in place of what is written."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog persona"):
            yield Label(self._title, classes="title", markup=False)
            with VerticalScroll(classes="fields", can_focus=False):
                yield from self._fields()
            yield Label("", id="error", markup=False)
            yield Label("", id="tokens", markup=False)
            note = f"{self._note} " if self._note else ""
            yield Label(f"{note}F9 saves · Tab goes on · Esc leaves it", id="note", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary", compact=True)
                if self._default is not None:
                    yield Button("Default", id="default", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _fields(self) -> ComposeResult:
        persona, whole = self._persona, self._default is None
        if whole:
            yield Label("Name", classes="field")
            yield Input(harmless(persona.name), id="name", max_length=60, compact=True)
            yield Label("What it is for, in one sentence", classes="field")
            yield Input(harmless(persona.description), id="description", compact=True)
        yield Label("System prompt: how the model shall behave", classes="field")
        yield self._editor(persona.system_prompt, "prompt")
        yield Label("Examples: each request shows them to the model", classes="field")
        yield ExamplesEditor(persona.examples, id="examples")
        if whole:
            yield Label("Starters: questions an empty conversation offers, one a line",
                        classes="field")  # fmt: skip
            yield self._editor("\n".join(persona.starters), "starters")

    def _editor(self, text: str, id: str) -> Editor:
        return Editor(harmless(text), id=id, soft_wrap=True, tab_behavior="focus",
                      highlight_cursor_line=False)  # fmt: skip

    def on_mount(self) -> None:
        self._pace = Pace(self, COUNT_PACE, self._again)
        self._count_written()
        first = "#name" if self._default is None else "#prompt"
        self.set_focus(self.query_one(first), scroll_visible=False)

    def written(self) -> Persona:
        """What is written by now."""
        prompt = harmless(self.query_one("#prompt", Editor).text.strip())
        examples = self.query_one(ExamplesEditor).examples
        persona = replace(self._persona, system_prompt=prompt, examples=examples)
        if self._default is not None:
            return persona
        name, description = (
            harmless(" ".join(self.query_one(f"#{part}", Input).value.split()))
            for part in ("name", "description")
        )
        lines = self.query_one("#starters", Editor).text.split("\n")
        starters = tuple(harmless(line.strip()) for line in lines if line.strip())
        return replace(persona, name=name, description=description, starters=starters)

    # Counting

    @on(TextArea.Changed)
    @on(ExamplesEditor.Changed)
    def _changed(self) -> None:
        self._pace.ask()

    def _again(self) -> None:
        self._count_written()

    @work(exclusive=True, group="count", exit_on_error=False)
    async def _count_written(self) -> None:
        if not self.is_mounted:
            return
        written = self.written()
        count = await self._count(written.system_prompt, written.examples)
        more = " with the examples" if written.examples else ""
        told = f"{tokens_in_words(count)}{more}, in each request"
        self.query_one("#tokens", Label).update(told)

    # Saving

    def save(self) -> None:
        """Save what is written."""
        persona = self.written()
        if self._default is None and not persona.name:
            self.set_focus(self.query_one("#name"))
            self.say("Give the persona a name.")
        elif self.query_one(ExamplesEditor).half:
            self.say(_HALF)
        else:
            self.store(partial(self._write, persona))

    async def _write(self, persona: Persona) -> Persona:
        await self._save(persona)
        return persona

    @on(Button.Pressed, "#default")
    async def _swap(self, event: Button.Pressed) -> None:
        """Show the default in place of what is written, or that again: nothing is lost by it."""
        editor, examples = self.query_one("#prompt", Editor), self.query_one(ExamplesEditor)
        (text, pairs), self._other = self._other, (editor.text, examples.examples)
        editor.replace(text, (0, 0), editor.document.end, maintain_selection_offset=False)
        await examples.replace(pairs)
        self._swapped = not self._swapped
        event.button.label = "As written" if self._swapped else "Default"
        event.button.refresh(layout=True)
        editor.focus()
