"""Few-shot examples: pairs of a question and its answer, as many as the student likes."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Label

from studybuddy.domain.prompts import Example
from studybuddy.domain.text import harmless
from studybuddy.ui.widgets.editor import Editor


class ExamplePair(Vertical):
    """One example."""

    def __init__(self, example: Example) -> None:
        super().__init__(classes="pair")
        self._example = example

    def compose(self) -> ComposeResult:
        with Horizontal(classes="head"):
            yield Label("Question", classes="field")
            yield Button("Remove", classes="remove", compact=True)
        yield self._editor(self._example.question, "question")
        yield Label("How it is to be answered", classes="field")
        yield self._editor(self._example.answer, "answer")

    def _editor(self, text: str, classes: str) -> Editor:
        return Editor(
            harmless(text),
            classes=classes,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )

    @property
    def example(self) -> Example:
        """What is written."""
        question, answer = (
            self.query_one(f".{part}", Editor).text.strip() for part in ("question", "answer")
        )
        return Example(harmless(question), harmless(answer))


class ExamplesEditor(Vertical):
    """Shows the examples one below the other, and adds and removes some."""

    class Changed(Message):
        """An example was added or removed."""

    def __init__(self, examples: Sequence[Example], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given = examples

    def compose(self) -> ComposeResult:
        for example in self._given:
            yield ExamplePair(example)
        yield Button("Add an example", id="add", compact=True)

    @property
    def examples(self) -> tuple[Example, ...]:
        """The examples that have anything in them."""
        written = [pair.example for pair in self.query(ExamplePair) if pair.is_mounted]
        return tuple(example for example in written if example.question or example.answer)

    @property
    def half(self) -> bool:
        """Whether an example has a question without an answer, or an answer without a question."""
        return any(not (example.question and example.answer) for example in self.examples)

    async def replace(self, examples: Sequence[Example]) -> None:
        """Show other ones."""
        await self.query(ExamplePair).remove()
        await self.mount_all(map(ExamplePair, examples), before="#add")
        self.post_message(self.Changed())

    @on(Button.Pressed, "#add")
    async def _add(self, event: Button.Pressed) -> None:
        event.stop()
        pair = ExamplePair(Example("", ""))
        await self.mount(pair, before="#add")
        pair.query_one(Editor).focus()
        self.post_message(self.Changed())

    @on(Button.Pressed, ".remove")
    async def _remove(self, event: Button.Pressed) -> None:
        event.stop()
        self.query_one("#add").focus()
        pair = event.button.query_ancestor(ExamplePair)
        await pair.remove()
        self.post_message(self.Changed())
