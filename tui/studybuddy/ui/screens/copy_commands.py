"""The part of the main screen that copies."""

from __future__ import annotations

from textual.actions import SkipAction

from studybuddy.ui.screens.token_commands import TokenCommands


class CopyCommands(TokenCommands):
    """Commands that copy what is chosen or selected, and say so."""

    def action_copy_answer(self) -> None:
        """Copy the chosen message, or the last answer."""
        self.view.transcript.copy_message()

    def action_copy_code(self) -> None:
        """Copy the chosen code block, or the last one."""
        self.view.transcript.copy_code()

    def action_copy_text(self) -> None:
        """Copy what is selected with the mouse."""
        text = self.get_selected_text()
        if not text:
            raise SkipAction
        self.view.transcript.copy(text, "selection")
