"""What all dialogs share."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import OptionList
from textual.worker import Worker

from studybuddy.ui.faults import tell_fault
from studybuddy.ui.late_styles import STUDY

if TYPE_CHECKING:
    from studybuddy.ui.numbering import Numbers, Typed


class Dialog(ModalScreen[ScreenResultType]):
    """A modal screen that says so when one of its workers fails, and closes itself, once."""

    CSS_PATH = str(STUDY)

    _given: tuple[ScreenResultType | None] | None = None
    """The result, as soon as there is one."""
    _leaving = False
    _numbers: Numbers | None = None
    """What has a number by now."""
    _digits: Typed | None = None
    OWN_DIGITS = False
    """Whether digits mean something here already, so that choices are given no numbers."""
    deaf_until = 0.0
    """Seconds of `time.monotonic` before which keys are meant for what was on screen before it."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close with a result; the first one counts.

        Textual closes whatever screen is on top. So a dialog below another one waits until that is
        closed, and a key that is held, which comes again before the screen is gone, does nothing.
        """
        if self._given is None:
            self._given = (result,)
        if self._leaving or self.app.screen is not self:
            return AwaitComplete()
        self._leaving = True
        return super().dismiss(self._given[0])

    def on_screen_resume(self) -> None:
        """Close now what was to be closed while another screen was on top."""
        if self._given is not None:
            self.dismiss(self._given[0])

    def on_mount(self) -> None:
        """Number the choices, where a screen reader is to read them."""
        self.call_after_refresh(self._number)

    def on_resize(self, event: events.Resize) -> None:
        """Keep what is chosen in sight."""
        for options in self.query(OptionList):
            self.call_after_refresh(options.scroll_to_highlight)

    def on_option_list_option_highlighted(self) -> None:
        """Number what came into a list."""
        self._number()

    def on_descendant_focus(self) -> None:
        """Number what came since, such as buttons."""
        self._number()

    def _number(self) -> None:
        if is_linear(self):
            from studybuddy.ui.numbering import Numbers, number

            if self._numbers is None:
                self._numbers = Numbers()
            number(self, self._numbers)

    def on_key(self, event: events.Key) -> None:
        """Choose by a digit, where choices have numbers."""
        if event.key.isdigit() and is_linear(self):
            from studybuddy.ui.numbering import Typed, choose

            if self._digits is None:
                self._digits = Typed()
            if self.check_action("choose", ()) and choose(self, int(event.key), self._digits):
                event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take no key before there is something that it could act on."""
        return self.is_mounted and (action == "leave" or time.monotonic() >= self.deaf_until)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)
        self.call_after_refresh(self._number)  # it may have filled a list

    def on_input_changed(self) -> None:
        """Number what a search has left."""
        self.call_after_refresh(self._number)


def is_linear(screen: Dialog[Any]) -> bool:
    """Whether a screen reader reads it; only the app itself knows of that mode."""
    linear = getattr(screen.app, "linear", None)
    return linear is not None and bool(linear.on)
