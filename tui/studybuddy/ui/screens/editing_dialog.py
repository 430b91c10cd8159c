"""What dialogs share in which something is written: it is saved once, and lost by no single key."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Generic

from textual import on, work
from textual.binding import Binding
from textual.screen import ScreenResultType
from textual.widgets import Button, Label

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.screens.dialog import Dialog


class EditingDialog(Dialog[ScreenResultType], Generic[ScreenResultType]):
    """Has a Label `#error`, and where they are wanted the buttons `#save` and `#cancel`."""

    THROW_AWAY = "This is not saved. Esc again throws it away, F9 saves."
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("f9", "save", "Save", show=False, priority=True),
    ]

    _saving = False

    def on_mount(self) -> None:
        """Remember what there was to begin with."""
        self.say("")
        self._before = self._warned = self.written()

    @abstractmethod
    def written(self) -> object:
        """All that is written by now; equal to an earlier one where nothing was changed."""

    @abstractmethod
    def save(self) -> None:
        """Use what is written, or say what is missing."""

    def say(self, text: str) -> None:
        """Tell what is wrong; an empty text takes the line away."""
        label = self.query_one("#error", Label)
        label.update(text)
        label.display = bool(text)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Save what is written, unless that is being done: a held key does it once."""
        if not self._saving:
            self.save()

    def store(self, store: Callable[[], Awaitable[ScreenResultType]]) -> None:
        """Store something, and close with what that gives; it may raise StudyBuddyError."""
        self._saving = True
        self._store(store)

    @work(group="save", exit_on_error=False)
    async def _store(self, store: Callable[[], Awaitable[ScreenResultType]]) -> None:
        try:
            result = await store()
        except StudyBuddyError as error:
            self.say(str(error.problem))
        else:
            self.dismiss(result)
        finally:
            self._saving = False

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave it as it was; what was written is not lost by one key."""
        written = self.written()
        if written in (self._before, self._warned):
            self.dismiss(None)
        else:
            self._warned = written
            self.say(self.THROW_AWAY)
