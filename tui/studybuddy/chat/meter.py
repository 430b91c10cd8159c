"""The meter of the conversation on screen: what sending now would take, at each key press."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.context_counts import ContextCounts
from studybuddy.chat.context_now import (
    answered_by,
    entries_of,
    key_of,
    opening_entries,
    own_model,
    upcoming,
)
from studybuddy.chat.next_request import Draft, NextRequest, next_request, thread_request, within
from studybuddy.chat.own_tokenizer import Ask, OwnTokenizer
from studybuddy.chat.rooms import room_for
from studybuddy.chat.typed import Typed
from studybuddy.domain.accounts import Total
from studybuddy.domain.limits import Overflow, Room, Spent
from studybuddy.domain.messages import Mode, Role
from studybuddy.domain.metering import Reading
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.outlooks import Outlook
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.limits import BudgetState

_log = logging.getLogger(__name__)


class ConversationMeter:
    """Reads one conversation after the other; `typed` and `streaming` wait for nothing.

    At rest, `settle` asks the fitter what sending would take: the request is the one that would
    leave, cut or summed up as is set. A key press then adds only what it changed of the draft.
    """

    def __init__(
        self,
        accounts: Accounts,
        budgets: Budgets | None,
        fitter: Fitter,
        ask: Ask | None = None,
    ) -> None:
        """Take the parts.

        Args:
            accounts: knows what models hold and cost, what was used, and how to count.
            budgets: `None` where none is set.
            fitter: knows what would be sent, and what is set.
            ask: asks the endpoint's own tokenizer; used at rest, for models that are estimated.
        """
        self._accounts = accounts
        self._budgets = budgets
        self._fitter = fitter
        self._own = OwnTokenizer(ask, accounts.counter, accounts.reports) if ask else None
        self._session: Session | None = None
        self._endpoint: Endpoint | None = None
        self._counts = ContextCounts(accounts.counter, "")
        self._typed = Typed(accounts.counter.draft(""))
        self._coming = accounts.counter.draft("")
        """The answer that is coming."""
        self._next: NextRequest | None = None
        """What was found at rest; of another context, it says nothing any more."""
        self._facts: tuple[Endpoint, str, ModelFacts] | None = None
        """Of the model that answers, as the fitter has them."""
        self._learned_at = ""
        self._budget_states: tuple[BudgetState, ...] = ()
        self._answer = 0

    def watch(self, session: Session, endpoint: Endpoint | None) -> None:
        """Read this conversation, for this endpoint, from now on."""
        if session is not self._session:
            self._budget_states = ()
            self._answer = 0
            self._typed.send_all()
        self._session, self._endpoint = session, endpoint
        self._see_to_model()

    def typed(self, lines: Sequence[str]) -> Reading:
        """The reading for a draft of these lines, joined by line feeds; for the key path."""
        self._see_to_model()
        self._typed.changed(lines)
        self._rest_from_answer()
        return self._reading()

    def streaming(self, characters: int, text: str = "") -> Reading:
        """The reading while an answer comes that has so many characters by now.

        Where its text is given, that is counted, as it is for a draft.
        """
        answer = round(characters * self._counts.ratio)
        if text:
            answer = self._coming.changed(text.split("\n")).tokens
        self._answer = max(1, answer) if characters else 0
        return self._reading()

    async def settle(self) -> Reading:
        """The reading with everything counted and read that can be; for when the keys rest."""
        self._see_to_model()
        session, endpoint = self._session, self._endpoint
        if session is None:
            return self._reading()
        try:  # first what was used: with that, the last answer has taught how to count
            await self._accounts.conversation(session.head.id)
            if self._budgets is not None:
                states = await self._budgets.states(session.head.id)
                if session is self._session:
                    self._budget_states = states
        except StudyBuddyError as error:
            _log.warning("what was used can't be read: %s", error.problem.kind)
        if endpoint is not None:  # learned before, too: from another run of the app
            await self._accounts.facts(endpoint, self._model())
        self._see_to_model()
        await self._typed.settle()
        if session is self._session and endpoint is self._endpoint:
            if endpoint is None:
                await self._count_entries(session)
            elif session.head.mode is Mode.ASSISTANT:
                await self._look_out_in_thread(session, endpoint)
            else:
                await self._look_out(session, endpoint)
        self._rest_from_answer()
        return self._reading()

    def _rest_from_answer(self) -> None:
        if self._session is None or not self._session.busy:
            self._answer = 0

    def _see_to_model(self) -> None:
        """Count for the model that answers now."""
        model = self._model()
        if model != self._counts.model:
            self._counts = ContextCounts(self._accounts.counter, model)
            self._coming = self._accounts.counter.draft(model)
            self._typed.count_with(self._accounts.counter.draft(model))

    def _model(self) -> str:
        """The model that answers now: an assistant's own, or the endpoint's."""
        session, endpoint, names = self._session, self._endpoint, self._accounts.names
        if endpoint is None:
            return own_model(session)
        if session is not None and not names.of(endpoint):
            names.suppose(endpoint, answered_by(session, endpoint))
        return names.of(endpoint, own_model(session))

    # At rest

    async def _count_entries(self, session: Session) -> None:
        """Count what is there; who makes the request decides what goes into it."""
        counts = self._counts
        last = session.messages[-1].id if session.messages else ""
        await counts.count(entries_of(session), afresh=last != self._learned_at)
        self._learned_at = last

    async def _look_out(self, session: Session, endpoint: Endpoint) -> None:
        """Find what sending would take."""
        counts, settings = self._counts, self._fitter.settings
        head, key = session.head, key_of(session, counts.model)
        text = self._typed.sent(settings)
        draft = self._typed.draft(asks=bool(text))
        try:
            outlook = await self._fitter.outlook(head, *upcoming(session, text), endpoint)
            if await self._is_told(outlook, session, endpoint, asks=draft.asks):
                outlook = await self._fitter.outlook(head, *upcoming(session, text), endpoint)
        except StudyBuddyError as error:
            _log.warning("what is to be sent can't be told: %s", error.problem.kind)
            await self._count_entries(session)
            return
        await counts.take(outlook.weighed, opening_entries(head))
        found = next_request(
            key,
            outlook,
            draft,
            counts.empty(Role.USER),
            verbatim=not settings.savings.filler_words,
            steady=settings.savings.steady_prefix,
        )
        if counts is self._counts:
            self._facts = endpoint, counts.model, outlook.facts
            self._next = found

    async def _look_out_in_thread(self, session: Session, endpoint: Endpoint) -> None:
        """Find what a run would have to read, as far as that is known without its server."""
        await self._count_entries(session)
        counts, settings = self._counts, self._fitter.settings
        typed, text = self._typed.text, self._typed.sent(settings)
        draft = self._typed.draft(asks=bool(text))
        question = counts.empty(Role.USER) + draft.count
        if text != typed:
            [question] = await self._fitter.scales.of([(Role.USER, text)], counts.model)
        facts = await self._accounts.facts(endpoint, counts.model)
        room = room_for(facts, session.head, settings)
        if counts is self._counts:
            key = key_of(session, counts.model)
            frame = counts.empty(Role.USER)
            entries = counts.known(entries_of(session)) + counts.priming
            self._facts = endpoint, counts.model, facts
            self._next = thread_request(key, entries, question, draft, frame, room)

    async def _is_told(
        self, outlook: Outlook, session: Session, endpoint: Endpoint, *, asks: bool
    ) -> bool:
        """Whether the endpoint's own tokenizer told of an estimate."""
        if self._own is None or outlook.count.exact or session.busy:
            return False
        model = self._counts.model
        return await self._own.look(outlook, session.head, endpoint, model, asks=asks)

    # At once

    def _reading(self) -> Reading:
        session, endpoint = self._session, self._endpoint
        typed = self._typed
        most = self._fitter.settings.limits.prompt_characters
        if session is None:
            return Reading(typed.count, characters=typed.characters, most_characters=most)
        asks = typed.asks
        facts = self._facts_known(endpoint) if endpoint else None
        room = room_for(facts, session.head, self._fitter.settings) if facts else Room()
        found = self._found(session)
        draft = typed.draft(asks=asks)
        request = found.with_draft(draft) if found else self._known(session, draft, room)
        going_on = self._accounts.going_on
        total = self._accounts.conversation_known(session.head.id) or Total()
        total += going_on.of(session.head.id)
        ours = self._accounts.session + going_on.of()
        # What is sent after the answer that is coming has that answer in it.
        prompt = Usage(prompt=request.tokens + self._answer)
        sending = Cost.of(facts.tariff, prompt) if facts and asks else None
        coming = Spent.of(prompt, sending) if sending else Spent()
        states = (replace(state, coming=coming) for state in self._budget_states)
        return Reading(
            draft=typed.count,
            request=request,
            room=room,
            used=total.usage if total.requests else None,
            cost=total.money,
            session=ours.money,
            sending=sending,
            answer=self._answer,
            budgets=tuple(sorted(states, key=lambda state: state.share, reverse=True)),
            characters=typed.characters,
            most_characters=most,
            outside=found.outside if found else frozenset(),
            kept_back=found.margin if found and not request.exact else 0,
        )

    def _found(self, session: Session) -> NextRequest | None:
        """What was found at rest, where that is of this context."""
        found = self._next
        if found is None or found.key != key_of(session, self._counts.model):
            return None
        return found

    def _facts_known(self, endpoint: Endpoint) -> ModelFacts | None:
        model = self._counts.model
        if self._facts is not None and self._facts[:2] == (endpoint, model):
            return self._facts[2]
        return self._accounts.facts_known(endpoint, model)

    def _known(self, session: Session, draft: Draft, room: Room) -> Count:
        """Prompt tokens of what is known by now, where nothing was found of this context yet."""
        counts, head = self._counts, session.head
        request = counts.known(entries_of(session)) + counts.priming
        if draft.asks:
            request = request + counts.empty(Role.USER) + draft.count
        if head.mode is Mode.ASSISTANT:  # the server adds to it, and leaves out of it
            return within(replace(request, exact=False), room, drops=True)
        drops = self._fitter.overflow_of(head) is not Overflow.REFUSE
        return within(request, room, drops=drops)
