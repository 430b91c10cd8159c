"""Which conversation is on screen: restoring, opening, beginning and listing them."""

from __future__ import annotations

from collections.abc import Callable

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.widgets.sidebar import Sidebar


class Opener:
    """Brings conversations from the desk into the view, and keeps the sidebar in step."""

    def __init__(
        self,
        desk: Desk,
        view: ConversationView,
        sidebar: Sidebar,
        tell: Callable[[Problem], None],
        shown: Callable[[Session], None],
    ) -> None:
        """Take the parts, and who is to know of each session that comes on screen."""
        self._desk = desk
        self._view = view
        self._sidebar = sidebar
        self._tell = tell
        self._shown = shown
        self._aside: dict[Mode, Session] = {}
        """What was on screen last in the other mode."""

    async def restore(self, *, new: bool) -> None:
        """Show the conversation that was on screen last, or a new one.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        session = None if new else await self._desk.open_last()
        # Who was quick has asked something already: that stays on screen.
        if session is not None and self._view.turn is None:
            await self.put_on_screen(session, keep_typed=True)
        else:
            self._sidebar.set_current(self._view.session.head.id)
        await self._sidebar.reload()

    async def put_on_screen(self, session: Session, *, keep_typed: bool = False) -> None:
        """Show a session, and with it the sidebar's side for its mode."""
        before = self._view.session.head.mode
        if before is not session.head.mode:
            self._aside[before] = self._view.session
        await self._view.show(session, keep_typed=keep_typed)
        self._sidebar.mode = session.head.mode
        self._sidebar.set_current(session.head.id)
        self._shown(session)
        self._view.screen.refresh_bindings()

    async def open(self, conversation_id: str) -> None:
        """Show a stored conversation."""
        try:
            await self._view.flush_draft()
            session = await self._desk.open(conversation_id)
        except StudyBuddyError as error:
            self._tell(error.problem)
            return
        if session is None:
            self._view.notify("That conversation is gone.", severity="warning")
        else:
            await self.put_on_screen(session)
            self._view.prompt.focus()
        await self.reload_list()

    async def new(self) -> None:
        """Show a new conversation of the same mode."""
        await self.put_on_screen(self._desk.new(mode=self._view.session.head.mode))
        self._view.prompt.focus()

    async def switch(self, mode: Mode, *, to_newest: bool) -> None:
        """Show what was on screen last in a mode, else its newest conversation, else a new one."""
        if mode is self._view.session.head.mode:
            return
        session = self._aside.pop(mode, None)
        try:
            if session is None and to_newest and (newest := await self._desk.recent(1, mode=mode)):
                session = await self._desk.open(newest[0].id)
        except StudyBuddyError as error:
            self._tell(error.problem)
        await self.put_on_screen(session or self._desk.new(mode=mode))
        self._view.prompt.focus()
        await self.reload_list()

    async def carry(self) -> None:
        """Go on with a copy of the conversation in the other mode."""
        try:
            await self._view.flush_draft()
            session = await self._desk.carry(self._view.session)
        except StudyBuddyError as error:
            self._tell(error.problem)
            return
        await self.put_on_screen(session)
        self._view.prompt.focus()
        other = "a thread" if session.head.mode is Mode.ASSISTANT else "a conversation"
        self._view.notify(f"This goes on as {other} of its own; the one before stays as it is.")
        await self.reload_list()

    async def reload_list(self) -> None:
        """Bring the list up to date."""
        try:
            await self._sidebar.reload()
        except StudyBuddyError as error:
            self._tell(error.problem)
