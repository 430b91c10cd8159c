"""The app: theme, keymap and command palette around the one main screen."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import Event, Key
from textual.filter import LineFilter
from textual.screen import Screen

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.ui.alt_keys import read_alt_keys
from studybuddy.ui.commands import COMMANDS, Command, Scope, check_keymap
from studybuddy.ui.screens.chat import ChatScreen
from studybuddy.ui.services import Services

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from studybuddy.domain.settings import Settings
    from studybuddy.ui.linear import Linear

_log = logging.getLogger(__name__)


def _palette_action(command: Command) -> str:
    """The action by which the palette carries a command out; empty where it has no place there."""
    if command.scope is Scope.ASSISTANTS:
        return f"screen.assistant('{command.id}')"
    if command.scope is Scope.EVERYWHERE:
        return command.action if "." in command.action else f"screen.{command.action}"
    return ""


def _possible(screen: Screen[object], command: Command) -> bool:
    """Whether a screen can do it right now."""
    name, parameters = ("feature", (command.id,)) if command.feature else (command.id, ())
    return screen.check_action(name, parameters) is not False


_TURN = 0.005
"""Python's own seconds until a busy thread lets another one have its turn."""


def _begin_everyday_life() -> None:
    """Collect garbage, but for what was loaded for the first frame, and let threads work longer."""
    gc.freeze()
    gc.enable()
    sys.setswitchinterval(_TURN)


class StudyBuddyApp(App[None], inherit_bindings=False):
    """Study Buddy in the terminal."""

    TITLE = "Study Buddy"
    CSS_PATH = "styles.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, id="quit", priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
        Binding("ctrl+p", "command_palette", "Menu", id="palette", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.chat = ChatScreen(services)
        """The main screen, below any dialog."""
        self._warned = False
        self._lively = self.animation_level
        self.linear: Linear | None = None
        """What holds it to the screen-reader mode, once that was switched on."""
        if services.settings.still:
            self.animation_level = "none"

    def on_mount(self) -> None:
        """Set keys and colours; a theme that is not known leaves the default one."""
        settings = self.services.settings
        self.set_keymap(check_keymap(settings.keys)[0])
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        else:
            known = ", ".join(sorted(self.available_themes))
            sentence = f"There is no theme “{settings.theme}”."
            self.chat.complain(Problem(ProblemKind.SETTINGS, sentence, f"Choose: {known}."))
        self._hold_linear(settings.screen_reader)
        self.call_after_refresh(_begin_everyday_life)

    async def on_event(self, event: Event) -> None:
        """Let no key with Alt be taken for the letter that is on it, whatever can be done by it."""
        if isinstance(event, Key) and event.key.startswith("alt+") and event.character:
            event = Key(event.key, None)
        await super().on_event(event)

    def get_driver_class(self) -> type[Driver]:
        """The platform's, that takes each key with Alt for one key."""
        driver = super().get_driver_class()
        read_alt_keys(driver)
        return driver

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

    def use_keys(self, keys: Mapping[str, str]) -> None:
        """Go by other keys from now on; they are named as in the settings."""
        keymap = check_keymap(keys)[0]
        self.set_keymap(keymap)
        self.chat.use_keys(keymap)

    def use_manner(self, settings: Settings) -> None:
        """Move less or more, and speak to the eye or to a screen reader, from now on."""
        self.animation_level = "none" if settings.still else self._lively
        self.chat.use_manner(settings)
        self._hold_linear(settings.screen_reader)

    def _hold_linear(self, on: bool) -> None:
        if on and self.linear is None:
            from studybuddy.ui.linear import Linear

            self.linear = Linear(self)
        if self.linear is not None:
            self.linear.hold(on)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through before it is seen."""
        filters = super().get_line_filters()
        linear = self.linear
        return filters if linear is None or not linear.on else [*filters, linear.filter]

    def post_display_hook(self) -> None:
        """Have a screen reader follow what has changed."""
        if self.linear is not None:
            self.linear.place_cursor()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Tell something in a corner of the screen, and to a screen reader in the status line."""
        if self.linear is not None and self.linear.on:
            self.linear.tell(" ".join(filter(None, (title, message))))
            return
        for note in list(self._notifications):
            if (note.message, note.title) == (message, title):
                self._unnotify(note, refresh=False)  # the same one is not put below itself
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave every key to a screen that waits for any key at all."""
        return not any(
            getattr(screen, "TAKES_EVERY_KEY", False) for screen in self._screen_stack[-1:]
        )

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
