"""The part of the main screen that is about tokens, limits and money.

Its screens are imported when they are first opened.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work

from studybuddy.chat.sessions import Session
from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.screens.thread_commands import ThreadCommands
from studybuddy.ui.turns import Turn
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.meter import MeterLine

if TYPE_CHECKING:
    from studybuddy.domain.limits import Period
    from studybuddy.domain.metering import ContextReport, Part
    from studybuddy.ui.filler_line import FillerLine
    from studybuddy.ui.services import Services

SAVINGS = {
    "filler_words": "Words that say nothing are left out of prompts",
    "keep_answers": "Kept answers are given again where the same is asked",
    "steady_prefix": "The beginning of requests is kept the same for the server's cache",
}
"""The savings that can be switched, and what each does."""


class TokenCommands(ThreadCommands):
    """Commands and duties of the main screen about what requests take."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._setup = services.setup
        self._savings = services.settings.savings
        self._filler: FillerLine | None = None
        self._near: set[tuple[Period, str, bool]] = set()

    # What stands in the way

    @on(ConversationView.Obstructed)
    @work(group="refusal", exit_on_error=False)
    async def _obstructed(self, event: ConversationView.Obstructed) -> None:
        """Ask what to do about it, where there is something to choose."""
        from studybuddy.domain.limits import DoesNotFit, OverBudget

        turn, obstacle = event.turn, event.turn.obstacle
        can_fit = isinstance(obstacle, DoesNotFit) and obstacle.droppable > 0
        if not can_fit and not isinstance(obstacle, OverBudget):
            self.notify(str(obstacle), severity="warning", timeout=8, markup=False)
            return
        await self.view.drafts.pause()  # who types on means none of the dialog's keys
        if self.app.screen is self and self.view.session is event.session:
            await self.once(lambda: self._settle(event.session, turn))

    async def _settle(self, session: Session, turn: Turn) -> None:
        from studybuddy.domain.limits import DoesNotFit, OverBudget
        from studybuddy.ui.screens.refusal import OverBudgetScreen, TooLongScreen

        obstacle, allow = turn.obstacle, NOTHING_ALLOWED
        if isinstance(obstacle, DoesNotFit):
            way = await self.app.push_screen_wait(TooLongScreen(obstacle))
            if way is None:
                return
            allow = Allowance(overflow=way.overflow)
            if way.always:
                try:
                    await session.set_limits(session.head.max_completion_tokens, way.overflow)
                except StudyBuddyError as error:
                    self.tell(error.problem)
        elif isinstance(obstacle, OverBudget):
            if await self.app.push_screen_wait(OverBudgetScreen(obstacle)) is None:
                return
            self._desk.budgets.lift(obstacle.state)
        if session is self.view.session and turn is self.view.turn:
            self.view.ask_again(turn, allow)

    @on(ConversationView.BudgetNears)
    def _budget_nears(self, event: ConversationView.BudgetNears) -> None:
        """Warn once for each budget and period, and once more where it is used up."""
        state = event.state
        moments = {"day": "%Y-%m-%d", "month": "%Y-%m", "request": "%s"}
        which = moments.get(state.period.value)
        scope = time.strftime(which) if which else event.session.head.id
        key = (state.period, scope, state.share >= 1)
        if key not in self._near:
            self._near.add(key)
            self.notify(str(state), severity="warning", timeout=10, markup=False)

    async def action_lift_budget(self) -> None:
        """Lift the budgets that stop requests."""
        from studybuddy.domain.limits import OverBudget

        head = self.view.session.head
        stopping = [s for s in await self._desk.budgets.states(head.id) if s.used_up]
        turn = self.view.turn
        if turn is not None and isinstance(turn.obstacle, OverBudget):
            stopping.append(turn.obstacle.state)
        stopping = [state for state in stopping if not state.lifted]
        for state in stopping:
            self._desk.budgets.lift(state)
        names = ", ".join(dict.fromkeys(state.name for state in stopping))
        told = f"Lifted: {names}." if names else "No budget stands in the way."
        self.notify(told, timeout=6, markup=False)
        self.view.meter.settle()

    @on(ConversationView.Rested)
    @work(group="filler", exclusive=True, exit_on_error=False)
    async def _rested(self) -> None:
        """Show what would be left out of the draft, where that is switched on."""
        view, draft = self.view, self.view.prompt.text
        if self._filler is None and not (self._savings.filler_words and draft):
            return
        from studybuddy.domain.usage import Count
        from studybuddy.ui.filler_line import FillerLine

        if self._filler is None:
            self._filler = FillerLine()
            self._filler.display = False
            await view.mount(self._filler, before=view.prompt)
        if not self._savings.filler_words or not draft:
            self._filler.tell((), Count())
            return
        model = self._desk.endpoint.model if self._desk.endpoint else ""
        await self._filler.look(draft, self._desk.accounts.counter, model)

    # What is looked at

    @on(MeterLine.Asked)
    async def action_tokens(self) -> None:
        """Show what the next request is made of."""
        if self.app.screen is not self:
            return
        from studybuddy.ui.screens.tokens import TokensScreen

        view, endpoint = self.view, self._desk.endpoint
        if endpoint is None:
            self.notify("Choose a model first: F12.")
            return

        async def report() -> ContextReport:
            return await view.session.report(view.prompt.text, endpoint)

        screen = TokensScreen(
            None,
            view.meter_line.reading,
            model=endpoint.model or endpoint.name,
            reload=report,
            pin=self._pin,
            show=self._show_part,
            usage=self._show_usage,
        )
        await self.app.push_screen(screen)

    async def action_token_view(self) -> None:
        """Show the draft as tokens."""
        if self.app.screen is self:
            self._show_part(None)

    async def action_usage(self) -> None:
        """Show the history of usage."""
        if self.app.screen is self:
            self._show_usage()

    def _show_part(self, part: Part | None) -> None:
        from studybuddy.domain.metering import PartKind
        from studybuddy.ui.screens.token_view import Sample, TokenViewScreen

        session, endpoint = self.view.session, self._desk.endpoint
        samples = [Sample("Draft", self.view.prompt.text)]
        if session.head.system_prompt:
            samples.append(Sample("System prompt", session.head.system_prompt))
        start = 1 if part is not None and part.kind is PartKind.SYSTEM else 0
        for message in session.messages:
            if part is not None and message.id == part.message_id:
                start = len(samples)
            who = "You" if message.role is Role.USER else "Answer"
            samples.append(Sample(f"{who}: {_beginning(message.text)}", message.text))
        model = endpoint.model if endpoint is not None else ""
        counter = self._desk.accounts.counter
        self.app.push_screen(TokenViewScreen(samples, counter, model, start))

    def _show_usage(self) -> None:
        from studybuddy.domain.amounts import amounts_of
        from studybuddy.ui.screens.usage import UsageScreen

        amounts, _ = amounts_of(self._services.settings.budgets)
        self.app.push_screen(UsageScreen(self._desk.accounts.log, amounts))

    # What is set

    @on(Conversation.PinAsked)
    @work(group="pin", exit_on_error=False)
    async def _pin_asked(self, event: Conversation.PinAsked) -> None:
        try:
            await self._pin(event.message_id, event.pinned)
        except StudyBuddyError as error:
            self.tell(error.problem)

    async def _pin(self, message_id: str, pinned: bool) -> None:
        session = self.view.session
        await session.pin(message_id, pinned)
        for message in session.messages:
            if message.id == message_id:
                self.view.transcript.replace(message)
        self.view.meter.settle()

    @work(group="dialog", exit_on_error=False)
    async def action_limits(self) -> None:
        """Change the limits of the conversation."""
        await self.once(self._edit_limits)

    async def _edit_limits(self) -> None:
        from studybuddy.domain.limits import Overflow
        from studybuddy.ui.screens.limits import ConversationLimits, LimitsScreen

        session = self.view.session
        head = session.head
        now = ConversationLimits(head.max_completion_tokens, head.overflow)
        default = Overflow(self._services.settings.limits.context)
        limits = await self.app.push_screen_wait(LimitsScreen(now, default))
        if limits is not None and limits != now:
            try:
                await session.set_limits(limits.max_completion_tokens, limits.overflow)
            except StudyBuddyError as error:
                self.tell(error.problem)
            self.view.meter.settle()

    @work(group="saving", exclusive=True, exit_on_error=False)
    async def action_saving(self, name: str) -> None:
        """Switch a way to use fewer tokens on or off, from now on."""
        on = not getattr(self._savings, name)
        self._savings = replace(self._savings, **{name: on})
        self._desk.use_savings(self._savings)
        self.notify(f"{SAVINGS[name]}: {'on' if on else 'off'}.", timeout=5)
        self._rested()
        try:
            await self._setup.set(f"savings.{name}", on)
        except StudyBuddyError as error:
            self.tell(error.problem)

    @work(group="saving", exit_on_error=False)
    async def action_clear_kept_answers(self) -> None:
        """Forget the answers that were kept to be given again."""
        try:
            cleared = await self._desk.kept.clear()
        except StudyBuddyError as error:
            self.tell(error.problem)
            return
        self.notify(f"{cleared:,} kept answer{'s' * (cleared != 1)} cleared.", timeout=5)


def _beginning(text: str) -> str:
    """How a text begins, in one line."""
    return " ".join(text[:200].split())[:40]
