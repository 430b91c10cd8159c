"""Records of runs that were asked for and of which nothing more is known."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.request_record import REFUSALS
from studybuddy.domain.accounts import Outcome, Selection
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.domain.accounts import Origin
    from studybuddy.domain.problems import Problem

_log = logging.getLogger(__name__)


def was_taken(outcome: Outcome, problem: Problem) -> bool:
    """Whether there may be a run although asking for one failed: then it has a prompt to read."""
    return outcome is Outcome.INTERRUPTED or problem.kind not in REFUSALS


async def take_back(accounts: Accounts, origin: Origin, answer_id: str) -> None:
    """Let the record of an answer count for nothing: its run was found, and has its own."""
    try:
        kept = await accounts.log.records(Selection(conversation_id=origin.conversation_id))
    except StudyBuddyError as error:
        _log.warning("a lost run counts beside what was found of it: %s", error.problem.kind)
        return
    for record in kept:
        if record.id == answer_id and record.origin == origin:
            nothing = replace(record, usage=Usage(), cost=0, outcome=Outcome.FAILED)
            await accounts.record(nothing)
