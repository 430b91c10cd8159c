"""What a template's form is to say for each of its places."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from studybuddy.domain.prompts import Variable
from studybuddy.domain.text import harmless
from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.tick import Tick

BETWEEN = "|"
"""Stands between choices."""


class VariableRow(Vertical):
    """One place of the template."""

    def __init__(self, variable: Variable) -> None:
        super().__init__(classes="variable")
        self._variable = variable

    @property
    def name_in_text(self) -> str:
        """As the text has it."""
        return self._variable.name

    def compose(self) -> ComposeResult:
        variable = self._variable
        with Horizontal(classes="head"):
            yield Label(f"{{{{{variable.name}}}}}", classes="name", markup=False)
            yield Tick("several lines", variable.long, compact=True)
        with Horizontal(classes="line"):
            yield Label("Label", classes="what")
            yield Input(harmless(variable.label), classes="label", compact=True)
        with Horizontal(classes="line"):
            yield Label("Default", classes="what")
            yield Editor(harmless(variable.default), classes="default", soft_wrap=True,
                         tab_behavior="focus", highlight_cursor_line=False)  # fmt: skip
        with Horizontal(classes="line"):
            yield Label("Choices", classes="what")
            yield Input(
                harmless(f" {BETWEEN} ".join(variable.choices)),
                placeholder="any text; or one | another | a third",
                classes="choices",
                compact=True,
            )

    @property
    def variable(self) -> Variable:
        """What is written."""
        if not self.is_mounted:
            return self._variable
        label, choices = (
            harmless(self.query_one(f".{part}", Input).value) for part in ("label", "choices")
        )
        return Variable(
            self._variable.name,
            label.strip(),
            harmless(self.query_one(Editor).text.strip("\n")),
            tuple(choice.strip() for choice in choices.split(BETWEEN) if choice.strip()),
            self.query_one(Tick).value,
        )


class VariableRows(Vertical):
    """A row for each place that the text has; one that comes back has what it had."""

    def __init__(self, variables: Sequence[Variable], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._known = {variable.name: variable for variable in variables}

    def compose(self) -> ComposeResult:
        for variable in self._known.values():
            yield VariableRow(variable)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What is written, in the order of the rows."""
        return tuple(row.variable for row in self.query(VariableRow))

    async def show(self, names: Sequence[str]) -> None:
        """Show rows for these places; those that stay keep their order."""
        rows = {row.name_in_text: row for row in self.query(VariableRow)}
        self._known |= {name: row.variable for name, row in rows.items()}
        for name, row in rows.items():
            if name not in names:
                await row.remove()
        new = [VariableRow(self._known.get(name, Variable(name)))
               for name in names if name not in rows]  # fmt: skip
        if new:
            await self.mount_all(new)
