"""What all dialogs share."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType
from textual.worker import Worker

from studybuddy.ui.faults import tell_fault


class Dialog(ModalScreen[ScreenResultType]):
    """A modal screen that says so when one of its workers fails."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)
