"""The settings as they are by now: checked, written, and taken over by the running app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.settings import Settings
    from studybuddy.domain.setup import Setup
    from studybuddy.ui.services import Services


class SettingsKeeper:
    """What the screens that change settings work with."""

    def __init__(self, services: Services, apply: Callable[[Settings], Awaitable[None]]) -> None:
        """Take the services, and what has the app hold to other settings from now on."""
        self._services = services
        self._apply = apply

    @property
    def settings(self) -> Settings:
        """As they are by now."""
        return self._services.settings

    @property
    def setup(self) -> Setup:
        """What checks and writes them."""
        return self._services.setup

    async def named(self, place: Sequence[str]) -> Mapping[str, str]:
        """What a setting may name, with how that is called; empty where it may be any text.

        Raises:
            StudyBuddyError: where that can't be read.
        """
        match tuple(place):
            case ("endpoint",):
                names = [endpoint.name for endpoint in self.setup.configured()]
                return {"": "decide at start", **{name: name for name in names}}
            case ("persona",) if (library := self._services.library) is not None:
                personas = [persona.name for persona in await library.personas()]
                return {"": "none: the system prompt below", **{name: name for name in personas}}
        return {}

    def wrong(self, place: Sequence[str], value: object) -> str:
        """What is wrong with a value, as a sentence; empty for nothing."""
        return self.setup.wrong(place, value) if value is not None else ""

    async def reload(self) -> None:
        """Take over what the file says.

        Raises:
            StudyBuddyError: where it can't be read.
        """
        await self._apply(await self.setup.read())

    async def hold(self, settings: Settings, key: str, value: object) -> None:
        """Hold to settings at once, and write the one that differs, by its name with tables.

        Raises:
            StudyBuddyError: where it can't be written; it holds until the app ends all the same.
        """
        await self._apply(settings)
        await self.setup.set(key, value)

    async def change(self, place: Sequence[str], value: object) -> None:
        """Write one setting, or take it out for `None`, and hold to it.

        Raises:
            StudyBuddyError: where it can't be written. Where that is because the file says
                something else by now, what it says holds from here on.
        """
        try:
            settings = await self.setup.change(place, value, self.settings)
        except StudyBuddyError as error:
            try:
                await self.reload()
            except StudyBuddyError:
                raise error from None  # it says the same
            raise
        await self._apply(settings)
