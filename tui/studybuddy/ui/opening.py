"""Which conversation is on screen: restoring, opening, beginning and listing them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from textual.worker import Worker

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.messages import MessageState, Mode
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.domain.shelves import EVERYTHING_ACTIVE
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.widgets.sidebar import Sidebar
from studybuddy.ui.widgets.status import Activity

LOOK_AGAIN = 1.5
"""Seconds between two looks at an answer that another window is writing."""
KEYS_TAKE = 1
"""Seconds after which keys that were pressed before are not waited for any more."""
ELSEWHERE = "Being answered in another window."
STILL = "Still being answered."


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
        view.watch(view.app, "app_focus", self._looked_at, init=False)

    async def restore(self, *, new: bool) -> None:
        """Show the conversation that was on screen last, or a new one.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        begun = self._view.session
        await self._desk.claim_runs()  # first: what they answer is not shown as broken off
        session = None if new else await self._desk.open_last()
        # Who was quick has asked something already, or gone elsewhere: that stays on screen.
        if session is not None and self._view.turn is None and self._view.session is begun:
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
        if self._tell_who_answers():
            self.look_again()
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
            self._to_prompt()
        await self.reload_list()

    async def leave(self, following: str | None) -> None:
        """Show another conversation, since the one on screen is gone; a new one for `None`."""
        session = await self._desk.open(following) if following is not None else None
        mode = self._view.session.head.mode
        await self.put_on_screen(session or self._desk.new(mode=mode))

    async def new(self) -> None:
        """Show a new conversation of the same mode, and list all again, so that it is there."""
        await self._take_keys()
        await self.put_on_screen(self._desk.new(mode=self._view.session.head.mode))
        self._to_prompt()
        if self._sidebar.place != EVERYTHING_ACTIVE:
            self._sidebar.place = EVERYTHING_ACTIVE
            await self.reload_list()

    async def switch(self, mode: Mode, *, to_newest: bool) -> None:
        """Show what was on screen last in a mode, else its newest conversation, else a new one."""
        if mode is self._view.session.head.mode:
            return
        await self._take_keys()
        aside = self._aside.pop(mode, None)
        session: Session | None = None
        try:
            if aside is not None:
                session = await self._desk.open(aside.head.id)
            elif to_newest and (newest := await self._desk.recent(1, mode=mode)):
                session = await self._desk.open(newest[0].id)
        except StudyBuddyError as error:
            self._tell(error.problem)
        await self.put_on_screen(session or self._desk.new(mode=mode))
        self._to_prompt()
        await self.reload_list()

    async def _take_keys(self) -> None:
        """Have what was typed before done first, with what it asks; later keys wait in the app."""
        for widget in (self._view.prompt, self._view):
            done = asyncio.Event()
            if widget.call_later(done.set):
                with suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), KEYS_TAKE)

    def _to_prompt(self) -> None:
        self._view.screen.set_focus(self._view.prompt)  # at once: the next key may be waiting

    async def carry(self) -> None:
        """Go on with a copy of the conversation in the other mode."""
        try:
            await self._take_keys()
            await self._view.flush_draft()
            session = await self._desk.carry(self._view.session)
        except StudyBuddyError as error:
            self._tell(error.problem)
            return
        await self.put_on_screen(session)
        self._to_prompt()
        other = "a thread" if session.head.mode is Mode.ASSISTANT else "a conversation"
        self._view.notify(f"This goes on as {other} of its own; the one before stays as it is.")
        await self.reload_list()

    # Runs of other windows, and of those that are gone

    async def follow_runs(self) -> None:
        """Go on with the runs of windows that are gone, one of them perhaps on screen.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        for session, run in await self._desk.resume_runs():
            self._view.asking.follow(session, session.question_of(run), session.follow(run))

    def take_over(self) -> None:
        """Follow the runs that can be followed by now."""
        self._work(self._take_over, "take-over")

    def look_again(self) -> None:
        """Take over what other windows did, and the runs of those that are gone."""
        self._work(self._look_again, "elsewhere")

    def _work(self, work: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        _: Worker[None] = self._view.run_worker(
            work, group=group, exclusive=True, exit_on_error=False
        )

    def _looked_at(self, focus: bool) -> None:
        if focus:
            self.look_again()

    async def _take_over(self) -> None:
        try:
            await self.follow_runs()
        except StudyBuddyError as error:
            self._tell(error.problem)

    async def _look_again(self) -> None:
        try:
            await self._catch_up()
            while self._tell_who_answers():
                await asyncio.sleep(LOOK_AGAIN)
                await self._catch_up()
        except StudyBuddyError as error:
            self._tell(error.problem)

    async def _catch_up(self) -> None:
        """Show the conversation as it is on disk by now, unless it is being answered here."""
        view, session = self._view, self._view.session
        before, elsewhere = list(session.messages), session.elsewhere
        await view.flush_draft()
        await self._desk.claim_runs()
        known = await session.refresh()
        if known and session is view.session and not view.busy:
            changed = [message for message in session.messages if message not in before]
            if [m.id for m in session.messages] != [m.id for m in before]:
                await view.show(session, keep_typed=True)
            for message in changed:
                view.transcript.replace(message)
            if changed:
                await self.reload_list()
            if elsewhere and not session.elsewhere:
                view.status.activity = Activity()
                view.steps.refresh()
        await self.follow_runs()

    def _tell_who_answers(self) -> bool:
        """Say so where the last answer is being written, and whether another window does it."""
        session = self._view.session
        last = session.messages[-1:]
        if self._view.busy or not last or last[0].state is not MessageState.STREAMING:
            return False
        self._view.status.activity = Activity(detail=ELSEWHERE if session.elsewhere else STILL)
        return session.elsewhere

    # The list

    async def reload_list(self) -> None:
        """Bring the list up to date."""
        try:
            await self._sidebar.reload()
        except StudyBuddyError as error:
            self._tell(error.problem)
