"""Ways to use fewer tokens: switched by command, and shown before they do anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.usage import Count
from studybuddy.ui.filler_line import FillerLine
from studybuddy.ui.token_words import many

if TYPE_CHECKING:
    from studybuddy.domain.settings import SavingSettings
    from studybuddy.ui.features import Workplace

SAVINGS = {
    "filler_words": "Words that say nothing are left out of prompts",
    "keep_answers": "Kept answers are given again where the same is asked",
    "steady_prefix": "The beginning of requests is kept the same for the server's cache",
}
"""Commands that switch one, and what each does; named as the settings."""


class Savings:
    """Switches them, and shows above the prompt what would be left out of it."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._line: FillerLine | None = None

    async def run(self, command: str) -> None:
        """Carry out a command."""
        if command == "clear_kept_answers":
            await self._clear()
        else:
            await self._switch(command)

    async def rested(self) -> None:
        """Show what would be left out of the draft, where that is switched on."""
        view, draft = self._place.view, self._place.view.prompt.text
        wanted = self._place.desk.savings.filler_words and bool(draft)
        if self._line is None:
            if not wanted:
                return
            self._line = FillerLine()
            self._line.display = False
            await view.mount(self._line, before=view.prompt)
        if wanted:
            model = self._place.desk.model_of(view.session)
            await self._line.look(draft, self._place.desk.accounts.counter, model)
        else:
            self._line.tell("", Count())

    async def _switch(self, name: str) -> None:
        place = self._place
        savings = place.desk.savings
        on = not getattr(savings, name)
        place.say(f"{SAVINGS[name]}: {'on' if on else 'off'}.")
        new = replace(place.services.settings, savings=changed(savings, name, on))
        try:
            await place.settings.hold(new, f"savings.{name}", on)
        finally:
            await self.rested()

    async def _clear(self) -> None:
        cleared = await self._place.desk.kept.clear()
        self._place.say(f"{many(cleared, 'kept answer')} cleared.")


def changed(savings: SavingSettings, name: str, on: bool) -> SavingSettings:
    """The settings with one of them switched."""
    return replace(savings, **{name: on})
