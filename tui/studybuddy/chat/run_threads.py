"""What a thread has by now, and what leaves it again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from studybuddy.chat.run_text import BETWEEN
from studybuddy.domain.assistant_ports import AssistantService, ThreadMessage
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import ProblemKind, StudyBuddyError

_log = logging.getLogger(__name__)


async def find_asked(
    service: AssistantService, thread_id: str, question: str, known_runs: Collection[str]
) -> tuple[bool, str]:
    """Whether a thread ends with the question, and the run that answers it.

    Args:
        service: has the thread.
        thread_id: which.
        question: its text.
        known_runs: those that it can't be.
    """
    messages = await service.messages(thread_id)
    users = [at for at, message in enumerate(messages) if message.role is Role.USER]
    if not users or messages[users[-1]].text.strip() != question.strip():
        return False, ""
    runs = {message.run_id for message in messages[users[-1] + 1 :]}
    if runs & {"", *known_runs}:  # what no run wrote was there when the thread was made
        return False, ""
    active = await service.active_run(thread_id)
    if active is not None and active.id not in known_runs:
        return True, active.id
    return True, next((run_id for run_id in runs if run_id), "")


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
        messages = await service.messages(thread_id)
    except StudyBuddyError as error:
        if error.problem.kind is not ProblemKind.NOT_FOUND:
            raise
        return False
    return _told(messages) == [said for said in wanted if said[0] is not Role.SYSTEM and said[1]]


async def forget_thread(service: AssistantService, thread_id: str) -> None:
    """Delete a thread that nothing depends on."""
    try:
        await service.delete_thread(thread_id)
    except StudyBuddyError as error:
        _log.info("a thread that was given up stays: %s", error.problem.kind)


def _told(messages: Sequence[ThreadMessage]) -> list[tuple[Role, str]]:
    """Role and text of messages, those of one run as the one answer that they are shown as."""
    told: list[tuple[Role, str]] = []
    run_id = ""
    for message in messages:
        if not message.text:
            continue
        if message.run_id and message.run_id == run_id:
            told[-1] = (message.role, told[-1][1] + BETWEEN + message.text)
        else:
            told.append((message.role, message.text))
        run_id = message.run_id
    return told
