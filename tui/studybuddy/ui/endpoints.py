"""Choosing who answers, and getting it ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from studybuddy.chat.desk import Desk
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.phases import Phase
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.widgets.status import Activity
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.domain.setup import Setup


class EndpointKeeper:
    """The dialogs about endpoints, and the warming up of the one in use.

    Its coroutines wait for dialogs: run them in a worker of the screen.
    """

    def __init__(
        self,
        screen: Screen[None],
        desk: Desk,
        setup: Setup,
        show: Callable[[Activity], None],
        tell: Callable[[Problem], None],
        changed: Callable[[], None],
    ) -> None:
        self._screen = screen
        self._desk = desk
        self._setup = setup
        self._show = show
        self._tell = tell
        self._changed = changed
        self._asking = False

    async def set_up(self, *, first_run: bool) -> None:
        """Ask which endpoint to use, and get it ready."""
        from studybuddy.ui.screens.setup import SetupScreen

        await self._use(await self._ask(SetupScreen(self._setup, first_run=first_run)))

    async def choose_model(self) -> None:
        """Ask which model to use, and get it ready."""
        from studybuddy.ui.screens.models import ModelScreen

        if self._desk.endpoint is None:
            await self.set_up(first_run=True)
        else:
            await self._use(await self._ask(ModelScreen(self._desk, self._setup)))

    async def _ask(self, dialog: Screen[Endpoint | None]) -> Endpoint | None:
        """Show a dialog and wait for its answer; one at a time."""
        if self._asking:
            return None
        self._asking = True
        try:
            return await self._screen.app.push_screen_wait(dialog)
        finally:
            self._asking = False

    async def _use(self, endpoint: Endpoint | None) -> None:
        if endpoint is None:
            return
        self._desk.endpoint = endpoint
        self._changed()
        try:
            await self._setup.remember(endpoint)
        except StudyBuddyError as error:
            self._tell(error.problem)
        start(self._screen, self.warm_up, "warm-up", exclusive=True)

    async def warm_up(self) -> None:
        """Get the endpoint ready while the student reads and types."""
        endpoint = self._desk.endpoint
        if endpoint is None:
            return
        try:
            if endpoint.kind is EndpointKind.BUILT_IN:
                if not await self._weights_are_there():
                    return
                self._show(Activity().to(Phase.STARTING))
            await self._desk.warm_up()
        except StudyBuddyError as error:
            self._show(Activity(detail=str(error.problem), failed=True))
        else:
            self._show(Activity())

    async def _weights_are_there(self) -> bool:
        from studybuddy.ui.screens.weights import WeightsScreen

        offer = self._setup.weights_offer()
        if offer is None:
            return True
        fetched = await self._screen.app.push_screen_wait(WeightsScreen(self._setup, offer))
        if not fetched:
            self._show(
                Activity(detail="The built-in model is not here. F12 offers it again.", failed=True)
            )
        return fetched
