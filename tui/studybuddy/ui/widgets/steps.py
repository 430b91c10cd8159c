"""The panel that shows the steps of a run as they happen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from studybuddy.domain.runs import RunStep
from studybuddy.ui.widgets.steps_list import StepsList

_PALE = "$foreground 60%"
_KEYS = ("Enter folds", "c copies", "f folds all")


class StepsPanel(Vertical):
    """A title with the count, and below it the steps as an outline that folds.

    It posts `CopyRequested` and does nothing else by itself.
    """

    CopyRequested = StepsList.CopyRequested

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._list = StepsList()

    def compose(self) -> ComposeResult:
        yield Static(classes="title", markup=False)
        yield self._list

    def on_mount(self) -> None:
        """Say that there is nothing yet."""
        self._tell()

    def set_steps(self, steps: Sequence[RunStep]) -> None:
        """Show these steps, oldest first, and no others."""
        self._list.set_steps(steps)
        self._tell()

    def update_step(self, step: RunStep) -> None:
        """Show a step's new state; one that was not there before comes at the end."""
        self._list.update_step(step)
        self._tell()

    def clear(self) -> None:
        """Show no steps."""
        self.set_steps(())

    def focus_list(self) -> None:
        """Give the focus to the outline."""
        self._list.focus()

    def on_resize(self) -> None:
        """Name as many keys as there is room for."""
        self._tell()

    def _heading(self, title: str, room: int) -> Content:
        keys = list(_KEYS)
        while keys and len(title) + 3 + len(" · ".join(keys)) > room:
            keys.pop()
        return Content.assemble(
            (title, "bold $text-primary"), (f"   {' · '.join(keys)}" if keys else "", _PALE)
        )

    def _tell(self) -> None:
        titles = self.query(Static)
        if not titles:
            return  # told when it is mounted
        count = self._list.count
        text = Content("No steps yet").stylize(_PALE)
        if count:
            text = self._heading(f"Steps · {count}", titles.first().content_size.width)
        title = titles.first()
        if title.content != text:
            title.update(text, layout=False)
