"""Budgets and records of runs on the real engine, over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from studybuddy.chat.assistant_shelf import AssistantShelf
from studybuddy.chat.heads import new_conversation
from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.accounts import Outcome
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.messages import MessageState, Mode, OpenConversation
from studybuddy.domain.usage import Usage
from tests.chat.test_threads_on_the_engine import Study, study
from tests.support.limited import Limited
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.scripted_provider import ScriptedProvider
from tests.support.study_room import finished
from tests.support.wire import USAGE, answer, calls

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROUND = Usage(USAGE["prompt_tokens"], USAGE["completion_tokens"])
CODE = calls(("code_interpreter", {"code": "print(6 * 7)"}))


def metered(room: Study, **budgets: Amount) -> tuple[ThreadSession, Limited]:
    """A new thread, whose runs are held to budgets and recorded."""
    data = MemoryData()
    store = MemoryConversationStore(data)
    named = {Period(period): amount for period, amount in budgets.items()}
    parts = Limited(ScriptedProvider(), data, budgets=named)
    shelf = AssistantShelf(lambda: room.connector.connect(room.endpoint))
    opened = OpenConversation(new_conversation(mode=Mode.ASSISTANT))
    session = ThreadSession(
        opened, store, store.runs, room.connector, shelf.resolve, parts.limits, new=True
    )
    return session, parts


async def test_a_runs_tool_rounds_are_all_in_its_record(tmp_path: Path) -> None:
    async with study(tmp_path, CODE, answer("It is 42.")) as room:
        session, parts = metered(room)
        events = [event async for event in session.send("6 * 7?", room.endpoint)]
        end = finished(events).answer
        [record] = parts.log.rows.values()
        assert end.details is not None
        assert record.id == end.details.run_id
        assert (record.usage.prompt, record.usage.completion) == (
            2 * ROUND.prompt,
            2 * ROUND.completion,
        )
        assert record.reported
        assert record.usage == end.usage
        assert record.model == "m1"
        assert record.first_token is not None
        assert 0 < record.first_token <= record.duration


async def test_a_run_that_never_stops_calling_tools_is_cancelled_by_its_budget(
    tmp_path: Path,
) -> None:
    limit = 5 * ROUND.total
    async with study(tmp_path, *[CODE] * 60) as room:
        session, parts = metered(room, request=Amount(tokens=limit))
        events = [event async for event in session.send("Go on!", room.endpoint)]
        end = finished(events)
        assert end.answer.state is MessageState.STOPPED
        assert end.remark == f"Stopped: the request's budget of {limit:,} tokens is used up."
        [record] = parts.log.rows.values()
        assert record.outcome is Outcome.STOPPED
        assert record.usage.total >= limit
        assert len(room.model.requests) < 60


async def test_the_longest_answer_is_asked_of_the_engine(tmp_path: Path) -> None:
    async with study(tmp_path, answer("Short.")) as room:
        session, _ = metered(room)
        await session.set_limits(77, None)
        finished([event async for event in session.send("Well?", room.endpoint)])
        assert room.model.requests[-1].json["max_completion_tokens"] == 77
