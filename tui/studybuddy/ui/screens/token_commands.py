"""The part of the main screen that is about tokens, limits and money.

Its screens are imported when they are first opened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work

from studybuddy.domain.messages import Mode, Role
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.ui.commands import SAVINGS
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.screens.thread_commands import ThreadCommands
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.meter import MeterLine

if TYPE_CHECKING:
    from studybuddy.domain.messages import Conversation as Head
    from studybuddy.domain.messages import Message
    from studybuddy.domain.metering import ContextReport, Part
    from studybuddy.ui.filler_line import FillerLine
    from studybuddy.ui.refusals import RefusalKeeper
    from studybuddy.ui.services import Services


class TokenCommands(ThreadCommands):
    """Commands and duties of the main screen about what requests take."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._setup = services.setup
        self._savings = services.settings.savings
        self._filler: FillerLine | None = None
        self._refusals: RefusalKeeper | None = None

    # What stands in the way

    @property
    def refusals(self) -> RefusalKeeper:
        """What limits stand in the way of, and what is done about it."""
        if self._refusals is None:
            from studybuddy.ui.refusals import RefusalKeeper

            self._refusals = RefusalKeeper(self, self.view, self._desk, self.once, self.tell)
        return self._refusals

    @on(ConversationView.Obstructed)
    def _obstructed(self, event: ConversationView.Obstructed) -> None:
        self.refusals.refused(event.session, event.turn)

    @on(ConversationView.BudgetNears)
    def _budget_nears(self, event: ConversationView.BudgetNears) -> None:
        self.refusals.near(event.session, event.state)

    async def action_lift_budget(self) -> None:
        """Lift the budgets that stop requests."""
        await self.refusals.lift()

    def chooses(self) -> bool:
        """Ask about what stands in the way of the question on screen, if anything does."""
        return self.view.refused is not None and self.refusals.choose()

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
            self._filler.tell("", Count())
            return
        await self._filler.look(draft, self._desk.accounts.counter, self._model())

    def _model(self) -> str:
        """The model that answers; empty where that is not known."""
        from studybuddy.chat.context_now import own_model

        endpoint, names = self._desk.endpoint, self._desk.accounts.names
        return names.of(endpoint, own_model(self.view.session)) if endpoint else ""

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
            session = view.session
            return await session.report(view.prompt.text, endpoint, self._coming())

        screen = TokensScreen(
            None,
            lambda: view.meter_line.reading,
            model=self._model() or endpoint.name,
            reload=report,
            pin=self._pin if view.session.head.mode is Mode.COMPLETION else None,
            show=self._show_part,
            usage=self._show_usage,
            follow=self._desk.accounts.subscribe,
        )
        self.app.clear_notifications()  # they would lie over its numbers
        await self.app.push_screen(screen)
        screen.watch(view.meter_line, "reading", screen.changed, init=False)

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

        session = self.view.session
        samples, start = [Sample("Draft", self.view.prompt.text)], 0
        if session.head.system_prompt:
            samples.append(Sample("System prompt", session.head.system_prompt))
            start = 1 if part is not None and part.kind is PartKind.SYSTEM else 0
        for message in map(self._as_shown, session.messages):
            if part is not None and message.id == part.message_id:
                start = len(samples)
            who = "You" if message.role is Role.USER else "Answer"
            samples.append(Sample(f"{who}: {_beginning(message.text)}", message.text))
        if part is not None and not part.message_id and part.text != samples[start].text:
            start = len(samples)
            samples.append(Sample(part.label, part.text))
        counter = self._desk.accounts.counter
        self.app.clear_notifications()
        self.app.push_screen(TokenViewScreen(samples, counter, self._model(), start))

    def _as_shown(self, message: Message) -> Message:
        """A message with what there is by now of its text."""
        turn = self.view.turn
        shown = turn.answer_shown() if turn is not None else None
        return shown if shown is not None and shown.id == message.id else message

    def _coming(self) -> str:
        """What there is by now of an answer that is coming; empty for none."""
        messages = self.view.session.messages
        return self._as_shown(messages[-1]).text if messages else ""

    def _show_usage(self) -> None:
        from studybuddy.domain.amounts import amounts_of
        from studybuddy.ui.screens.usage import UsageScreen

        amounts, _ = amounts_of(self._services.settings.budgets)
        self.app.clear_notifications()
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
        if pinned and session.head.mode is Mode.ASSISTANT:
            sentence = "Nothing can be pinned here: the server decides what fits."
            raise StudyBuddyError(Problem(ProblemKind.BAD_REQUEST, sentence))
        await session.pin(message_id, pinned)
        self.view.show_pin(session, message_id)

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
        usual = self._services.settings.limits.max_completion_tokens or None
        longest = await self._longest_answer(head)
        screen = LimitsScreen(
            now,
            default,
            longest=longest,
            usual=usual,
            server_fits=head.mode is Mode.ASSISTANT,
        )
        limits = await self.app.push_screen_wait(screen)
        if limits is not None and limits != now:
            try:
                await session.set_limits(limits.max_completion_tokens, limits.overflow)
            except StudyBuddyError as error:
                self.tell(error.problem)
            self.view.meter.settle()

    async def _longest_answer(self, head: Head) -> int | None:
        """Tokens that the model can write at most; `None` where nobody knows, or it is a run."""
        from studybuddy.chat.rooms import longest_of

        if self._desk.endpoint is None or head.mode is Mode.ASSISTANT:
            return None
        return longest_of(await self._desk.accounts.facts(self._desk.endpoint))

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
