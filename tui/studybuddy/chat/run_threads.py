"""What a thread has by now, and what leaves it again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from studybuddy.chat.run_text import BETWEEN
from studybuddy.domain.assistant_ports import AssistantService, ThreadMessage
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import ProblemKind, StudyBuddyError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thread stands with a question."""

    agrees: bool = True
    """Whether it has just what was there before the question, and perhaps that."""
    asked: bool = False
    """Whether it has the question."""
    run_id: str = ""
    """The run that answers it; empty where none does."""


async def place_of(
    service: AssistantService,
    thread_id: str,
    earlier: Sequence[tuple[Role, str]],
    question: str,
    known_runs: Collection[str],
) -> Place:
    """Where a thread stands with a question that may have been asked on it.

    Args:
        service: has the thread.
        thread_id: which.
        earlier: what is to be on it before the question.
        question: its text.
        known_runs: those that answer something else.
    """
    told = _told(await service.messages(thread_id))
    before = _as_kept(earlier)
    if [said.message for said in told[: len(before)]] != before:
        return Place(agrees=False)
    if len(told) == len(before):
        return Place()
    asked, *answers = told[len(before) :]
    role, text = asked.message
    runs = {said.run_id for said in answers}
    if role is not Role.USER or text.strip() != question.strip() or runs & {"", *known_runs}:
        return Place(agrees=False)
    active = await service.active_run(thread_id)
    if active is not None:
        return Place(active.id not in known_runs, asked=True, run_id=active.id)
    return Place(asked=True, run_id=next(iter(runs), ""))


async def take_turn_back(service: AssistantService, thread_id: str, run_id: str) -> None:
    """Take a run's messages and its question out of the thread."""
    messages = await service.messages(thread_id)
    written = [at for at, message in enumerate(messages) if message.run_id == run_id]
    await service.delete_messages(thread_id, run_id=run_id)
    at = (written[0] if written else len(messages)) - 1
    if at >= 0 and messages[at].role is Role.USER:
        await service.delete_message(thread_id, messages[at].id)


async def has_just(
    service: AssistantService, thread_id: str, wanted: Sequence[tuple[Role, str]]
) -> bool:
    """Whether a thread has these messages and no others, and nothing goes on in it."""
    try:
        if await service.active_run(thread_id) is not None:
            return False
        told = _told(await service.messages(thread_id))
    except StudyBuddyError as error:
        if error.problem.kind is not ProblemKind.NOT_FOUND:
            raise
        return False
    return [said.message for said in told] == _as_kept(wanted)


async def forget_thread(service: AssistantService, thread_id: str) -> None:
    """Delete a thread that nothing depends on."""
    try:
        await service.delete_thread(thread_id)
    except StudyBuddyError as error:
        _log.info("a thread that was given up stays: %s", error.problem.kind)


@dataclass(frozen=True, slots=True)
class _Said:
    """One question, or one answer with all of its messages."""

    message: tuple[Role, str]
    run_id: str


def _told(messages: Sequence[ThreadMessage]) -> list[_Said]:
    """Messages of a thread, those of one run as the one answer that they are shown as."""
    told: list[_Said] = []
    for message in messages:
        if not message.text:
            continue
        if message.run_id and told and message.run_id == told[-1].run_id:
            text = told.pop().message[1] + BETWEEN + message.text
        else:
            text = message.text
        told.append(_Said((message.role, text), message.run_id))
    return told


def _as_kept(messages: Sequence[tuple[Role, str]]) -> list[tuple[Role, str]]:
    """Messages as a thread that is made from them has them."""
    return [(role, text) for role, text in messages if role is not Role.SYSTEM and text]
