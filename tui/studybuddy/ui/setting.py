"""Settings, colours and keys, changed in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.settings import STUDY_BUDDY_PROMPT
from studybuddy.ui.applying import Applier
from studybuddy.ui.setting_keeper import SettingsKeeper

if TYPE_CHECKING:
    from studybuddy.ui.features import Workplace


class Setter:
    """Opens the screens that change settings, and has the app hold to what was changed."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self.keeper = SettingsKeeper(place.services, Applier(place).apply)
        """What changes them: everything that does goes through it."""

    async def run(self, command: str) -> None:
        """Carry out a command."""
        match command:
            case "settings":
                await self._place.once(self._settings)
            case "theme":
                await self._place.once(self.themes)
            case "keymap":
                await self._place.once(self.keymap)
            case "screen_reader":
                await self._switch_screen_reader()

    async def _settings(self) -> None:
        from studybuddy.ui.screens.settings import SettingsScreen

        if not await self._reloaded():
            return
        self._place.screen.app.clear_notifications()  # they would lie over it
        editors = {
            "theme": self.themes,
            "keys": self.keymap,
            "system_prompt": self._system_prompt,
        }
        await self._place.dialog(SettingsScreen(self.keeper, editors))

    async def _reloaded(self) -> bool:
        """Take over what the file says by now; `False` where it can't be read."""
        try:
            await self.keeper.reload()
        except StudyBuddyError as error:
            self._place.tell(error.problem)
            return False
        return True

    async def _change(self, name: str, value: object) -> None:
        try:
            await self.keeper.change((name,), value)
        except StudyBuddyError as error:
            self._place.tell(error.problem)

    async def themes(self) -> None:
        """Have a theme chosen, each shown as it is pointed at."""
        from studybuddy.ui.screens.themes import ThemesScreen

        if (theme := await self._place.dialog(ThemesScreen())) is not None:
            await self._change("theme", theme)

    async def keymap(self) -> None:
        """Have keys changed."""
        from studybuddy.ui.screens.keymap import KeymapScreen

        if await self._reloaded():
            await self._place.dialog(KeymapScreen(self.keeper))

    async def _system_prompt(self) -> None:
        from studybuddy.ui.screens.system_prompt import SystemPromptScreen

        screen = SystemPromptScreen(
            self.keeper.settings.system_prompt,
            STUDY_BUDDY_PROMPT,
            title="How shall the model behave in new conversations?",
            counts="for new conversations",
        )
        prompt = await self._place.dialog(screen)
        if prompt is not None:
            await self._change("system_prompt", None if prompt == STUDY_BUDDY_PROMPT else prompt)

    async def _switch_screen_reader(self) -> None:
        if not await self._reloaded():
            return
        on = not self.keeper.settings.screen_reader
        await self._change("screen_reader", on)
        self._place.say(f"Screen-reader mode is {'on' if on else 'off'}.")
