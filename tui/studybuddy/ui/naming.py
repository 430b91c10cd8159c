"""The student's name, taken where a question gives it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.names import name_in

if TYPE_CHECKING:
    from studybuddy.ui.features import Workplace


class NameKeeper:
    """Learns what the student is called."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def asked(self, question: str) -> None:
        """Take the name that a question gives, where none is known.

        Raises:
            StudyBuddyError: where it can't be written; it is used until the app ends all the same.
        """
        settings, name = self._place.services.settings, name_in(question)
        if settings.name or not name:
            return
        text = f"Hello, {name}! That is what you are called from now on; Settings change it."
        self._place.say(text, timeout=5)
        await self._place.settings.hold(replace(settings, name=name), "name", name)
