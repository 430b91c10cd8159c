"""Whether a question of the command line may be sent: window and budgets hold as in the app."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.domain.accounts import Origin, Purpose
from studybuddy.domain.events import StatusChanged
from studybuddy.domain.messages import Conversation, Message, Role, new_id
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import BudgetSettings, Settings

if TYPE_CHECKING:
    from studybuddy.chat.answer_watch import AnswerWatch
    from studybuddy.chat.limits import Limits
    from studybuddy.domain.endpoints import Endpoint

SHORT = 1000
"""Bytes of system prompt and question that fit every model: nothing is loaded to count them."""


class Refused(StudyBuddyError):
    """The question is not sent, because of a limit that the student set or the model has."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A question that may be sent."""

    request: CompletionRequest
    watch: AnswerWatch | None = None
    """Holds the answer against the budgets; `None` where none is set."""


async def admit(
    system: str,
    question: str,
    endpoint: Endpoint,
    settings: Settings,
    limits: Limits | None,
    tell: Callable[[StatusChanged], None],
) -> Admitted:
    """The request for a question, as long as its answer may be.

    Raises:
        Refused: where it may not be sent.
        StudyBuddyError: where that can't be found out.
    """
    origin = Origin(purpose=Purpose.ASK)
    if limits is None or not _can_stop(settings, f"{system}{question}"):
        messages = ((Role.SYSTEM, system),) if system else ()
        asked = (*messages, (Role.USER, question))
        return Admitted(CompletionRequest(asked, endpoint.model, origin=origin))

    from studybuddy.chat.clearing import Cleared, Clearing
    from studybuddy.domain.allowances import Allowance

    now = time.time()
    head = Conversation(new_id(), "", now, now, system_prompt=system)
    clearing = Clearing(limits, endpoint, Allowance(afresh=True))
    async for event in clearing.events(head, [Message(new_id(), Role.USER, question, now)]):
        if isinstance(event, StatusChanged):
            tell(event)
    match clearing.outcome:
        case Cleared() as cleared:
            return Admitted(replace(cleared.request, origin=origin), cleared.watch)
        case Problem() as problem:
            raise StudyBuddyError(problem)
        case obstacle:
            raise Refused(Problem(ProblemKind.BAD_REQUEST, str(obstacle)))


def _can_stop(settings: Settings, text: str) -> bool:
    """Whether anything that is set, or the model's window, may stand against a text."""
    set_limits = settings.limits.prompt_characters or settings.limits.max_completion_tokens
    is_long = len(text.encode(errors="replace")) > SHORT
    return bool(set_limits) or is_long or settings.budgets != BudgetSettings()
