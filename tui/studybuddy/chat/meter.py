"""The meter of the conversation on screen: what sending now would take, at each key press."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.context_counts import ContextCounts
from studybuddy.chat.context_now import (
    ContextKey,
    entries_of,
    entry_of,
    key_of,
    last_answer,
    model_of,
)
from studybuddy.chat.fitting import room_for
from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.limits import Overflow, Room, Spent
from studybuddy.domain.messages import Mode, Role
from studybuddy.domain.metering import Reading
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.limits import BudgetState
    from studybuddy.domain.settings import Settings

_log = logging.getLogger(__name__)

Ask = Callable[["Endpoint", CompletionRequest], Awaitable[int | None]]
"""Prompt tokens of a request by the endpoint's own tokenizer; `None` where it has none."""

_PATIENCE = 5.0
"""Seconds that it may take for that."""
_HERE = (EndpointKind.BUILT_IN, EndpointKind.LOCAL)
"""Endpoints that may be told what is not sent yet: it does not leave the computer."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What stands before the draft."""

    key: ContextKey
    alone: Count
    """Tokens with an empty draft."""
    before_draft: Count
    """Tokens that a request has beside the draft's own."""


class ConversationMeter:
    """Reads one conversation after the other; `typed` and `streaming` wait for nothing."""

    def __init__(
        self,
        accounts: Accounts,
        budgets: Budgets | None,
        settings: Settings,
        ask: Ask | None = None,
    ) -> None:
        """Take the parts.

        Args:
            accounts: knows what models hold and cost, what was used, and how to count.
            budgets: `None` where none is set.
            settings: of limits.
            ask: asks the endpoint's own tokenizer; used at rest, for models that are estimated.
        """
        self._accounts = accounts
        self._budgets = budgets
        self._settings = settings
        self._ask = ask
        self._session: Session | None = None
        self._endpoint: Endpoint | None = None
        self._counts = ContextCounts(accounts.counter, "")
        self._draft = accounts.counter.draft("")
        self._drafted = Count()
        self._lines: Sequence[str] = ()
        self._version = 0
        self._context: _Context | None = None
        self._prompts: dict[str, str] = {}
        """System prompts with which the last answers were seen first, by the answers' ids."""
        self._told: tuple[ContextKey, int] | None = None
        """The context's tokens as the endpoint's own tokenizer has them."""
        self._told_all: tuple[ContextKey, int, int] | None = None
        """The same with the draft, of the version given."""
        self._answered: dict[str, str] = {}
        """The models that endpoints chose, by the endpoints' names."""
        self._learned_at = ""
        self._budget_states: tuple[BudgetState, ...] = ()
        self._answer = 0

    def watch(self, session: Session, endpoint: Endpoint | None) -> None:
        """Read this conversation, for this endpoint, from now on."""
        if session is not self._session:
            self._budget_states = ()
            self._answer = 0
        self._session, self._endpoint = session, endpoint
        self._see_to_model()

    def typed(self, lines: Sequence[str]) -> Reading:
        """The reading for a draft of these lines, joined by line feeds; for the key path."""
        self._see_to_model()
        self._lines = lines
        self._version += 1
        self._drafted = self._draft.changed(lines)
        self._rest_from_answer()
        return self._reading()

    def streaming(self, characters: int) -> Reading:
        """The reading while an answer comes that has so many characters by now."""
        self._answer = max(1, round(characters * self._counts.ratio)) if characters else 0
        return self._reading()

    async def settle(self) -> Reading:
        """The reading with everything counted and read that can be; for when the keys rest."""
        self._see_to_model()
        session, endpoint = self._session, self._endpoint
        if session is None:
            return self._reading()
        draft, counts = self._draft, self._counts
        draft.changed(self._lines)  # of another model's counter, it may have seen nothing yet
        await draft.settle()
        last = session.messages[-1].id if session.messages else ""
        await counts.count(entries_of(session), afresh=last != self._learned_at)
        self._learned_at = last
        if endpoint is not None:
            await self._accounts.facts(endpoint, counts.model)
        try:
            await self._accounts.conversation(session.head.id)
            if self._budgets is not None:
                states = await self._budgets.states(session.head.id)
                if session is self._session:
                    self._budget_states = states
        except StudyBuddyError as error:
            _log.warning("what was used can't be read: %s", error.problem.kind)
        if draft is self._draft:
            self._drafted = draft.changed(self._lines)
        self._context = None
        if self._ask is not None and endpoint is not None and not session.busy:
            await self._ask_endpoint(self._ask, session, endpoint)
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
            self._draft = self._accounts.counter.draft(model)
            self._drafted = self._draft.changed(self._lines)

    def _model(self) -> str:
        """The model that answers now; of an endpoint that decides itself, the one that did last."""
        session, endpoint = self._session, self._endpoint
        model = model_of(session, endpoint)
        if model or session is None or endpoint is None:
            return model
        answered = session.messages[-1].model if session.messages else ""
        if answered and session.head.endpoint == endpoint.name:
            self._answered[endpoint.name] = answered
        return self._answered.get(endpoint.name, "")

    def _reading(self) -> Reading:
        session, endpoint = self._session, self._endpoint
        characters = sum(map(len, self._lines)) + max(0, len(self._lines) - 1)
        most = self._settings.limits.prompt_characters
        if session is None:
            return Reading(self._drafted, characters=characters, most_characters=most)
        facts = self._accounts.facts_known(endpoint, self._counts.model) if endpoint else None
        room = self._room(session, facts)
        request = self._request(session, characters, room)
        total = self._accounts.conversation_known(session.head.id)
        ours = self._accounts.session
        prompt = Usage(prompt=request.tokens)
        sending = Cost.of(facts.tariff, prompt) if facts and characters else None
        coming = Spent.of(prompt, sending) if sending else Spent()
        states = (replace(state, coming=coming) for state in self._budget_states)
        return Reading(
            draft=self._drafted,
            request=request,
            room=room,
            used=total.usage if total and total.requests else None,
            cost=total.cost if total and total.requests else None,
            session=ours.cost if ours.requests else None,
            sending=sending,
            answer=self._answer,
            last=next((m.usage for m in reversed(session.messages[-2:]) if m.usage), None),
            budgets=tuple(sorted(states, key=lambda state: state.share, reverse=True)),
            characters=characters,
            most_characters=most,
        )

    def _room(self, session: Session, facts: ModelFacts | None) -> Room:
        if facts is None:
            return Room()
        if session.head.mode is Mode.ASSISTANT:
            return Room.of(facts, session.head.max_completion_tokens)
        return room_for(facts, session.head, self._settings)

    def _request(self, session: Session, characters: int, room: Room) -> Count:
        """Prompt tokens of sending now."""
        key = key_of(session, self._counts.model)
        context = self._context
        if context is None or context.key != key:
            context = self._context = self._made(session, key, room)
        request = context.before_draft + self._drafted if characters else context.alone
        if characters and self._told_all is not None and self._told_all[:2] == (key, self._version):
            request = Count(self._told_all[2])
        if room.prompt is not None and request.tokens > room.prompt and self._drops(session):
            return Count(room.prompt, exact=False)  # what goes is decided on sending
        return request

    def _made(self, session: Session, key: ContextKey, room: Room) -> _Context:
        """The context, of what is known so far."""
        counts = self._counts
        whole = counts.known(entries_of(session)) + counts.priming
        question = counts.empty(Role.USER)
        if session.head.mode is Mode.ASSISTANT:  # the server adds to it, and leaves out of it
            whole = replace(whole, exact=False)
        elif self._told is not None and self._told[0] == key:
            whole = Count(self._told[1])
        elif (base := self._reported(session)) is not None:
            fits = room.prompt is None or whole.tokens <= room.prompt
            if fits or self._drops(session):
                # The priming is in it; what frames the answer is not, for it was no prompt then.
                exact = base.exact and counts.priming.exact
                frame = replace(counts.empty(Role.ASSISTANT), exact=exact)
                return _Context(key, base, base + frame + question)
        return _Context(key, whole, whole + question)

    def _reported(self, session: Session) -> Count | None:
        """The context as the last answer's endpoint told it; `None` where it says nothing of now.

        Reasoning is not sent again.
        """
        answer = last_answer(session, self._endpoint)
        if answer is None or (usage := answer.usage) is None:
            return None
        prompt = session.head.system_prompt
        if self._prompts.setdefault(answer.id, prompt) != prompt:
            return None
        if usage.completion <= 0:
            return Count(usage.prompt) + self._counts.known([entry_of(answer)])
        return Count(usage.prompt + max(0, usage.completion - usage.reasoning))

    def _drops(self, session: Session) -> bool:
        """Whether a request that is too long is made to fit by leaving something out of it."""
        if session.head.mode is Mode.ASSISTANT:
            return True
        set_for_all = Overflow(self._settings.limits.context)
        return (session.head.overflow or set_for_all) is not Overflow.REFUSE

    async def _ask_endpoint(self, ask: Ask, session: Session, endpoint: Endpoint) -> None:
        """Have the endpoint's own tokenizer count what was estimated.

        Only endpoints on this computer are shown a draft; and the others only what they were
        shown before.
        """
        key, model = key_of(session, self._counts.model), self._counts.model
        reading = self._reading()
        if reading.request.exact or session.head.mode is Mode.ASSISTANT:
            return
        context, version = session.context(), self._version

        async def tokens_of(*messages: tuple[Role, str]) -> int | None:
            async with asyncio.timeout(_PATIENCE):
                return await ask(endpoint, CompletionRequest(messages, endpoint.model))

        text = "\n".join(self._lines)
        asked = any(role is Role.USER for role, _ in context)
        here = endpoint.kind in _HERE
        try:
            shown = here or session.head.endpoint == endpoint.name
            if asked and shown and (self._told is None or self._told[0] != key):
                counted = self._counts.known(entries_of(session)) + self._counts.priming
                tokens = await tokens_of(*context)
                if tokens is None:
                    return
                self._told = key, tokens
                self._accounts.counter.learn(model, counted, tokens)
            if here and text:
                tokens = await tokens_of(*context, (Role.USER, text))
                self._told_all = (key, version, tokens) if tokens is not None else None
        except (StudyBuddyError, TimeoutError) as error:
            _log.info("the endpoint did not count: %s", error)
        self._context = None
