"""The app: theme, keymap and command palette around the one main screen."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.commands import COMMANDS, Command, Scope, check_keymap
from studybuddy.ui.screens.chat import ChatScreen
from studybuddy.ui.services import Services

_log = logging.getLogger(__name__)


def _palette_action(command: Command) -> str:
    """The action by which the palette carries a command out; empty where it has no place there."""
    if command.id == "theme":
        return "app.theme"
    if command.scope is Scope.ASSISTANTS:
        return f"screen.assistant('{command.id}')"
    if command.scope is Scope.EVERYWHERE:
        return command.action if "." in command.action else f"screen.{command.action}"
    return ""


def _possible(screen: Screen[object], command: Command) -> bool:
    """Whether a screen can do it right now."""
    name, parameters = ("feature", (command.id,)) if command.feature else (command.id, ())
    return screen.check_action(name, parameters) is not False


def _collect_garbage_again() -> None:
    """Leave what was loaded for the first frame out of every later collection."""
    gc.freeze()
    gc.enable()


class StudyBuddyApp(App[None], inherit_bindings=False):
    """Study Buddy in the terminal."""

    TITLE = "Study Buddy"
    CSS_PATH = "styles.tcss"
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, id="quit", priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
    ]
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.chat = ChatScreen(services)
        """The main screen, below any dialog."""
        self._warned = False
        if services.settings.reduced_motion:
            self.animation_level = "none"

    def on_mount(self) -> None:
        """Set keys and colours; a theme that is not known leaves the default one."""
        settings = self.services.settings
        self.set_keymap(check_keymap(settings.keys)[0])
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        else:
            known = ", ".join(sorted(self.available_themes))
            self.notify(f"Choose: {known}.", title=f"There is no theme “{settings.theme}”.")
        self.watch(self, "theme", self._remember_theme, init=False)
        self.call_after_refresh(_collect_garbage_again)

    def get_default_screen(self) -> Screen[None]:
        """The screen that is there from the first frame on."""
        return self.chat

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command table, in the palette."""
        for command in COMMANDS:
            action = _palette_action(command)
            if action and command.id not in ("stop", "palette") and _possible(screen, command):
                yield SystemCommand(
                    command.title,
                    command.help,
                    lambda action=action: screen.run_action(action.removeprefix("screen.")),
                )

    def action_theme(self) -> None:
        """Choose the colours."""
        self.search_themes()

    async def _remember_theme(self, theme: str) -> None:
        try:
            await self.services.setup.set("theme", theme)
        except StudyBuddyError as error:
            self.notify(str(error.problem), severity="warning", markup=False)

    def _fatal_error(self) -> None:
        """Leave with a sentence; Textual would print a traceback, with keys and messages in it."""
        _log.critical("the app failed", exc_info=self._exception)
        self.panic(
            "Study Buddy ran into a fault of its own and had to stop. Everything that was shown is "
            "kept: start it again to go on. The log has the details (“studybuddy doctor” says "
            "where it is)."
        )

    async def action_quit(self) -> None:
        """Leave, with what is under way stopped and kept; notes that are not there yet are not."""
        if self.chat.reading and not self._warned:
            self._warned = True
            self.notify(
                "Ctrl+Q again leaves all the same; add what is missing the next time.",
                title="Notes are still being read.",
                severity="warning",
                timeout=8,
            )
            return
        await self.chat.leave()
        self.exit()
