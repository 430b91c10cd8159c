"""What a thread's next run has to read, as far as it can be known here, and what it may use.

The server makes the context of each of the run's requests; what is counted here is what it has at
least: instructions, messages, and the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.budgets import Admitted, capped
from studybuddy.chat.context import request_messages
from studybuddy.chat.rooms import room_for, spent_on
from studybuddy.chat.thread_instructions import beyond_assistants
from studybuddy.chat.weighing import Scales
from studybuddy.domain.limits import (
    BudgetState,
    DoesNotFit,
    Obstacle,
    OverBudget,
    PromptTooLong,
)
from studybuddy.domain.messages import Role
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.chat.holds import Hold
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.model_names import ModelNames
    from studybuddy.chat.run_start import Question
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Conversation, Message
    from studybuddy.domain.money import ModelFacts


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a run may begin."""

    asked: tuple[tuple[Role, str], ...] = ()
    """What it has to read at least."""
    prompt: int = 0
    """Tokens of that; 0 where they were not counted."""
    hold: Hold | None = None
    """What it uses, as the budgets see it; `None` where none is set."""
    ends_at: BudgetState | None = None
    """The budget that made the longest answer as short as it is."""
    warnings: tuple[BudgetState, ...] = ()
    """Budgets that the student is to be told of."""
    max_completion_tokens: int | None = None
    """That the run may write; `None` for the model's own limit."""


class ThreadContext:
    """Counts one conversation's context, each message once, off the event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scales = Scales(limits.accounts.counter)

    def longest_answer(self, head: Conversation) -> int | None:
        """Tokens that a run may write, in all its requests; `None` for the model's own limit."""
        usual = self._limits.settings.limits.max_completion_tokens
        return head.max_completion_tokens or usual or None

    async def count(self, messages: Sequence[tuple[Role, str]], model: str) -> Count:
        """Prompt tokens of messages; an estimate, for the server adds to them."""
        counted = await self._scales.of(messages, model)
        return Count(sum(count.tokens for count in counted), exact=False)

    async def answer_tokens(self, text: str, model: str) -> int:
        """Tokens of an answer that nobody reported."""
        if not text:
            return 0
        return (await self.count([(Role.ASSISTANT, text)], model)).tokens

    async def facts(self, endpoint: Endpoint, assistant: Assistant | None) -> ModelFacts:
        """What is known of the model that will answer."""
        return await self._limits.accounts.facts(endpoint, self._model(endpoint, assistant))

    def _model(self, endpoint: Endpoint, assistant: Assistant | None) -> str:
        return model_of(self._limits.accounts.names, endpoint, assistant)

    def known(self, head: Conversation, before: Sequence[Message]) -> Terms:
        """The terms of a run that goes on already, for the question that ends `before`."""
        return Terms((*instructions_of(head, None), *request_messages((), before)))

    async def admit(
        self,
        head: Conversation,
        question: Question,
        endpoint: Endpoint,
        assistant: Assistant | None,
    ) -> Obstacle | Terms:
        """What is in the way of asking, or else the terms.

        Args:
            head: of the conversation.
            question: with what the thread has by then.
            endpoint: who answers.
            assistant: with which instructions; `None` where that is not known yet.
        """
        text = question.text
        most = self._limits.settings.limits.prompt_characters
        if 0 < most < len(text):
            return PromptTooLong(len(text), most)
        facts = await self.facts(endpoint, assistant)
        longest = self.longest_answer(head)
        room = room_for(facts, head, self._limits.settings).prompt
        model = self._model(endpoint, assistant)
        if room is not None and (obstacle := await self._too_long(text, room, model)) is not None:
            return obstacle
        budgets = self._limits.budgets
        told = instructions(assistant, question.instructions)
        asked = (*told, *question.earlier, (Role.USER, text))
        if not budgets.any:
            return Terms(asked, max_completion_tokens=longest)
        prompt = (await self.count(asked, model)).tokens
        if room is not None:
            prompt = min(prompt, room)  # the server leaves the oldest out
        match await budgets.admit(head.id, spent_on(facts, prompt), facts.tariff):
            case OverBudget() as over:
                return over
            case Admitted() as let:
                may_write, ends_at = capped(longest, let, facts, prompt)
                return Terms(asked, prompt, let.hold, ends_at, let.warnings, may_write)

    async def _too_long(self, text: str, room: int, model: str) -> DoesNotFit | None:
        """Where the question alone has more tokens than the model can read."""
        [count] = await self._scales.of([(Role.USER, text)], model)
        fits = room if count.exact else int(room / (1 + await self._scales.margin([text], model)))
        if count.tokens <= fits:
            return None
        return DoesNotFit(count.tokens, room, count.exact, 0, room - fits)


def model_of(names: ModelNames, endpoint: Endpoint, assistant: Assistant | None) -> str:
    """The model that answers: the assistant's own, or the endpoint's."""
    return names.of(endpoint, assistant.spec.model if assistant else "")


def with_model(assistant: Assistant | None, model: str) -> Assistant | None:
    """An assistant as one turn asks it, where another model than its own one answers that."""
    if assistant is None or not model:
        return assistant
    return replace(assistant, spec=replace(assistant.spec, model=model))


def instructions_of(
    head: Conversation, assistant: Assistant | None
) -> tuple[tuple[Role, str], ...]:
    """What stands before the messages: the assistant's instructions, and the conversation's."""
    return instructions(assistant, beyond_assistants(head))


def instructions(assistant: Assistant | None, beyond: str) -> tuple[tuple[Role, str], ...]:
    """The assistant's instructions, and what a run is told beyond them."""
    texts = (assistant.spec.instructions if assistant else "", beyond)
    return tuple((Role.SYSTEM, text) for text in texts if text)
