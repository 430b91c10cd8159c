"""What the main screen can do beyond the conversation itself, loaded when it is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from studybuddy.ui.commands import BY_ID
from studybuddy.ui.undoing import Undoing

if TYPE_CHECKING:
    from textual.screen import Screen

    from studybuddy.chat.desk import Desk
    from studybuddy.domain.problems import Problem
    from studybuddy.ui.conversation_view import ConversationView
    from studybuddy.ui.opening import Opener
    from studybuddy.ui.services import Services
    from studybuddy.ui.widgets.sidebar import Sidebar

Result = TypeVar("Result")

FEATURES = {
    "rework": "studybuddy.ui.rework:Rework",
    "code": "studybuddy.ui.code_keeping:CodeKeeper",
    "find": "studybuddy.ui.finding:Finder",
    "order": "studybuddy.ui.ordering:Orderer",
    "prompts": "studybuddy.ui.prompting:Prompter",
    "in_out": "studybuddy.ui.in_out:InOut",
    "settings": "studybuddy.ui.setting:Setter",
    "savings": "studybuddy.ui.savings:Savings",
    "tokens": "studybuddy.ui.token_screens:TokenScreens",
    "limits": "studybuddy.ui.limiting:Limiter",
    "titles": "studybuddy.ui.titles:TitleKeeper",
    "starters": "studybuddy.ui.starting:Starter",
}
"""Where each feature is: a module, and a class that takes a `Workplace`; some have no commands."""


class Feature(Protocol):
    """Carries out the commands of the table that name it."""

    async def run(self, command: str) -> None:
        """Carry out a command, in a worker of the screen: it may wait for dialogs."""
        ...


@dataclass(frozen=True, slots=True)
class Workplace:
    """What features work with."""

    screen: Screen[None]
    services: Services
    view: ConversationView
    sidebar: Sidebar
    opener: Opener
    tell: Callable[[Problem], None]
    """Shows a problem."""
    once: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]
    """Does something that opens dialogs, unless one is open: a held key opens one, not many."""
    undoing: Undoing
    features: Callable[[], Features]
    """The other features."""

    @property
    def desk(self) -> Desk:
        """The conversations."""
        return self.services.desk

    def say(self, text: str, *, timeout: float = 5) -> None:
        """Tell something that is no problem, in a corner of the screen."""
        self.screen.notify(text, timeout=timeout, markup=False)

    async def dialog(self, screen: Screen[Result]) -> Result | None:
        """Open a dialog, and return what it gives; `None` where it was left."""
        return await self.screen.app.push_screen_wait(screen)


class Features:
    """The features of one main screen, each made when it is first used."""

    def __init__(self, workplace: Callable[[], Workplace]) -> None:
        self._workplace = workplace
        self._made: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The feature of that name."""
        if name not in self._made:
            module, _, made = FEATURES[name].partition(":")
            self._made[name] = getattr(importlib.import_module(module), made)(self._workplace())
        return self._made[name]

    def __contains__(self, name: str) -> bool:
        """Whether it was used so far."""
        return name in self._made

    async def run(self, command: str) -> None:
        """Carry out a command of the table."""
        feature: Feature = self.get(BY_ID[command].feature)
        await feature.run(command)
