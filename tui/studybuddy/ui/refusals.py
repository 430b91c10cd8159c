"""What stands in the way of a question: shown, and done away with where the student says so."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from textual.screen import Screen

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.allowances import Allowance
from studybuddy.domain.limits import BudgetState, DoesNotFit, OverBudget, Period, Spent
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.refusal import OverBudgetScreen, TooLongScreen, Way
from studybuddy.ui.turns import Turn
from studybuddy.ui.workers import start

REACTION = 0.4
"""Seconds in which keys still come from somebody who has not seen yet that a dialog is there."""
_SCOPES = {Period.DAY: "%Y-%m-%d", Period.MONTH: "%Y-%m"}
"""What names the one day or month of a budget; other budgets are a conversation's."""


class RefusalKeeper:
    """Opens the dialogs about what limits refuse, and asks again as they say."""

    def __init__(
        self,
        screen: Screen[None],
        view: ConversationView,
        desk: Desk,
        once: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]],
        tell: Callable[[Problem], None],
    ) -> None:
        """Take the screen whose workers ask, what opens one dialog at a time, and who is told."""
        self._screen = screen
        self._view = view
        self._desk = desk
        self._once = once
        self._tell = tell
        self._told: set[tuple[Period, str, bool, bool]] = set()

    def refused(self, session: Session, turn: Turn) -> None:
        """Ask what to do about it; who types on is not interrupted, and asks for it by a key."""
        if turn.choice:
            start(self._screen, partial(self._offer, session, turn), "refusal")
        else:
            told = str(turn.obstacle)
            self._screen.notify(told, severity="warning", timeout=8, markup=False)

    def choose(self) -> bool:
        """Ask about what stands in the way on screen; `False` where nothing does."""
        turn = self._view.refused
        if turn is not None:
            start(self._screen, partial(self._open, self._view.session, turn), "refusal")
        return turn is not None

    async def _offer(self, session: Session, turn: Turn) -> None:
        view = self._view
        alone = await view.drafts.left_alone() and (
            not turn.taken or view.prompt.text == turn.asked
        )
        if alone and turn is view.refused:
            await self._open(session, turn, deaf_for=REACTION)

    async def _open(self, session: Session, turn: Turn, *, deaf_for: float = 0.0) -> None:
        if self._screen.app.screen is self._screen:
            await self._once(lambda: self._ask(session, turn, time.monotonic() + deaf_for))

    async def _ask(self, session: Session, turn: Turn, deaf_until: float) -> None:
        obstacle, allow = turn.obstacle, turn.allow
        lifted: tuple[BudgetState, ...] = ()
        if isinstance(obstacle, DoesNotFit):
            way = await self._chosen(TooLongScreen(obstacle), deaf_until)
            if way is None:
                return
            allow = replace(allow, overflow=way.overflow)
            if way.always:
                await self._always(session, allow)
        elif isinstance(obstacle, OverBudget):
            if await self._chosen(OverBudgetScreen(obstacle), deaf_until) is None:
                return
            lifted = obstacle.states
        if session is self._view.session and self._view.asking.again(turn, allow):
            for state in lifted:
                self._desk.budgets.lift(state)

    async def _chosen(self, dialog: Dialog[Way | None], deaf_until: float) -> Way | None:
        dialog.deaf_until = deaf_until
        return await self._screen.app.push_screen_wait(dialog)

    async def _always(self, session: Session, allow: Allowance) -> None:
        try:
            await session.set_limits(session.head.max_completion_tokens, allow.overflow)
        except StudyBuddyError as error:
            self._tell(error.problem)

    async def lift(self) -> None:
        """Lift the budgets that stand in the way of what is in the prompt, and say which."""
        budgets, session = self._desk.budgets, self._view.session
        turn, coming, stood = self._view.refused, Spent(), frozenset[Period]()
        if turn is not None and isinstance(turn.obstacle, OverBudget):
            coming = turn.obstacle.state.coming
            stood = frozenset(state.period for state in turn.obstacle.states)
        states = await budgets.states(session.head.id, coming)
        # One that leaves no room for an answer stands in the way, and is not used up for it.
        stopping = [s for s in states if s.stops or (s.period in stood and s.warns and s.holds)]
        # One that nears its end is about to stop the answer that comes.
        stopping += [s for s in budgets.under_way(session.head.id) if s.warns and s.holds]
        for state in stopping:
            budgets.lift(state)
        names = ", ".join(dict.fromkeys(state.name for state in stopping))
        told = f"Lifted: {names}." if names else "No budget stands in the way."
        self._screen.notify(told, timeout=6, markup=False)
        self._view.meter.settle()

    def near(self, session: Session, state: BudgetState) -> None:
        """Warn once for each budget and period, and once more where it is used up."""
        # Every request has a budget of its own.
        scope = _SCOPES.get(state.period, "")
        key = (state.period, time.strftime(scope) or session.head.id, state.share >= 1, state.blind)
        if key in self._told:
            return
        if state.period is not Period.REQUEST:
            self._told.add(key)
        self._screen.notify(str(state), severity="warning", timeout=10, markup=False)
