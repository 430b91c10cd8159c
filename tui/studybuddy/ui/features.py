"""What the main screen can do beyond the conversation itself, loaded when it is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.commands import BY_ID
from studybuddy.ui.undoing import Undoing

if TYPE_CHECKING:
    from textual.screen import Screen

    from studybuddy.chat.desk import Desk
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.problems import Problem
    from studybuddy.ui.conversation_view import ConversationView
    from studybuddy.ui.opening import Opener
    from studybuddy.ui.services import Services
    from studybuddy.ui.setting_keeper import SettingsKeeper
    from studybuddy.ui.widgets.sidebar import Sidebar

Result = TypeVar("Result")

FEATURES = {
    "rework": "studybuddy.ui.rework:Rework",
    "code": "studybuddy.ui.code_keeping:CodeKeeper",
    "undo": "studybuddy.ui.undoing:Undoer",
    "find": "studybuddy.ui.finding:Finder",
    "order": "studybuddy.ui.ordering:Orderer",
    "prompts": "studybuddy.ui.prompting:Prompter",
    "in_out": "studybuddy.ui.in_out:InOut",
    "settings": "studybuddy.ui.setting:Setter",
    "savings": "studybuddy.ui.savings:Savings",
    "tokens": "studybuddy.ui.token_screens:TokenScreens",
    "limits": "studybuddy.ui.limiting:Limiter",
    "titles": "studybuddy.ui.titles:TitleKeeper",
    "names": "studybuddy.ui.naming:NameKeeper",
    "starters": "studybuddy.ui.starting:Starter",
}
"""Where each feature is: a module, and a class that takes a `Workplace`; some have no commands."""


class Feature(Protocol):
    """Carries out the commands of the table that name it."""

    async def run(self, command: str) -> None:
        """Carry out a command, in a worker of the screen: it may wait for dialogs.

        Raises:
            StudyBuddyError: where it can't be done, which is told then.
        """
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

    @property
    def settings(self) -> SettingsKeeper:
        """What changes settings, and has the app hold to them."""
        keeper: SettingsKeeper = self.features().get("settings").keeper
        return keeper

    def say(self, text: str, *, timeout: float = 5) -> None:
        """Tell something that is no problem, in a corner of the screen."""
        self.screen.notify(text, timeout=timeout, markup=False)

    async def dialog(self, screen: Screen[Result]) -> Result | None:
        """Open a dialog, and return what it gives; `None` where it was left."""
        return await self.screen.app.push_screen_wait(screen)

    def branch_moved(self, session: Session) -> None:
        """Show the branch that is the shown one by now, where its conversation is on screen."""
        if session is self.view.session:
            self.view.bring_in_step()
            self.view.meter.watch()
            self.view.meter.settle()
            self.opener.take_over()  # a run of what is shown now may have been waiting
            self.screen.refresh_bindings()


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
        await self.told(feature.run(command))

    async def told(self, work: Awaitable[None]) -> None:
        """Wait for something that a feature does, and tell why where it can't be done."""
        try:
            await work
        except StudyBuddyError as error:
            self._workplace().tell(error.problem)
