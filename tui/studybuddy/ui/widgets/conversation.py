"""The transcript with the keys that the command table gives it."""

from __future__ import annotations

from studybuddy.domain.messages import Role
from studybuddy.ui.commands import Scope, bindings
from studybuddy.ui.transcript import Transcript


class Conversation(Transcript):
    """The messages of the conversation on screen, walked and copied by key."""

    BINDINGS = bindings(Scope.TRANSCRIPT)

    def action_previous(self) -> None:
        """Choose the message before."""
        self.cursor_previous()

    def action_next(self) -> None:
        """Choose the message after."""
        self.cursor_next()

    def action_previous_code(self) -> None:
        """Choose the code block before."""
        self.code_previous()

    def action_next_code(self) -> None:
        """Choose the code block after."""
        self.code_next()

    def action_copy_here(self) -> None:
        """Copy the code block that was stepped to, or the chosen message."""
        if self.on_code:
            self.copy_code()
        else:
            self.copy_message()

    def copy_message(self) -> None:
        """Copy the chosen message while this has the focus, else the last answer."""
        message = self.current_message() if self.has_focus else None
        if message is None:
            answers = (m for m in reversed(self.messages) if m.role is Role.ASSISTANT)
            message = next(answers, None)
        self._copy(message.text if message else "", "message")

    def copy_code(self) -> None:
        """Copy the chosen code block, else the last one."""
        self._copy(self.current_code() or "", "code block")

    def _copy(self, text: str, what: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied the {what}: {len(text):,} characters.", timeout=3, markup=False)
        else:
            self.notify(f"There is no {what} to copy here.", timeout=4, markup=False)
