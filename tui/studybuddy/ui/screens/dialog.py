"""What all dialogs share."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType
from textual.worker import Worker

from studybuddy.ui.faults import tell_fault


class Dialog(ModalScreen[ScreenResultType]):
    """A modal screen that says so when one of its workers fails, and closes once."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close with a result; once it is closed, nothing.

        A key that is held comes again before the screen is gone, and would close the one below.
        """
        if self not in self.app.screen_stack:
            return AwaitComplete()
        return super().dismiss(result)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)
