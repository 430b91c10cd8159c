"""Branches of threads on the real engine: the model is shown just the branch that is shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.events import TextDelta, TurnEvent, TurnFinished
from studybuddy.domain.messages import MessageState
from studybuddy.domain.prompts import Example, Persona
from studybuddy.domain.variations import CONTINUED, SIMPLER
from tests.chat.test_threads_on_the_engine import Study, held, study, thread_of
from tests.support.study_room import failed, finished, until
from tests.support.wire import Answer, answer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def end_of(events: AsyncGenerator[TurnEvent]) -> TurnFinished:
    return finished([event async for event in events])


async def talked(room: Study) -> ThreadSession:
    """A thread on which two questions were answered."""
    session = thread_of(room.desk)
    await end_of(session.send("First?", room.endpoint))
    await end_of(session.send("Second?", room.endpoint))
    return session


def asked(room: Study) -> list[str]:
    """What the model was shown last, without its instructions."""
    return [m["content"] for m in room.model.requests[-1].json["messages"][1:]]


def instructions(room: Study) -> str:
    content = room.model.requests[-1].json["messages"][0]["content"]
    assert isinstance(content, str)
    return content


def script(*texts: str) -> list[Answer]:
    return [answer(text) for text in texts]


async def test_an_edited_question_is_asked_without_what_left_the_branch(tmp_path: Path) -> None:
    async with study(tmp_path, *script("One.", "Two.", "Other.", "Three.", "Four.")) as room:
        session = await talked(room)
        second, old = session.messages[2], session.thread_id
        await end_of(session.edit(second.id, "Else?", room.endpoint))
        assert asked(room) == ["First?", "One.", "Else?"]
        await end_of(session.send("Third?", room.endpoint))
        assert asked(room) == ["First?", "One.", "Else?", "Other.", "Third?"]
        assert await session.show_message(second.id)
        await end_of(session.send("Fourth?", room.endpoint))
        assert asked(room) == ["First?", "One.", "Second?", "Two.", "Fourth?"]
        assert session.thread_id == old


async def test_an_earlier_answer_is_retried_and_the_one_before_is_gone_back_to(
    tmp_path: Path,
) -> None:
    async with study(tmp_path, *script("One.", "Two.", "One again.", "Three.")) as room:
        session = await talked(room)
        first = session.messages[1]
        await end_of(
            session.retry(room.endpoint, message_id=first.id, variation=SIMPLER),
        )
        assert asked(room) == ["First?"]
        assert instructions(room).endswith(SIMPLER.instruction)
        assert session.alternatives[session.messages[1].id] == (2, 2)
        assert await session.show_alternative(session.messages[1].id, -1)
        assert [m.text for m in session.messages] == ["First?", "One.", "Second?", "Two."]
        await end_of(session.send("Third?", room.endpoint))
        assert asked(room) == ["First?", "One.", "Second?", "Two.", "Third?"]
        assert SIMPLER.instruction not in instructions(room)


async def test_a_deleted_question_and_its_answer_are_not_shown_to_the_model(
    tmp_path: Path,
) -> None:
    async with study(tmp_path, *script("One.", "Two.", "Three.", "Four.")) as room:
        session = await talked(room)
        deleted = await session.delete_message(session.messages[0].id)
        await end_of(session.send("Third?", room.endpoint))
        assert asked(room) == ["Second?", "Two.", "Third?"]
        await session.restore_messages(deleted)
        before = [m.text for m in session.messages]
        await end_of(session.send("Fourth?", room.endpoint))
        assert asked(room) == [*before, "Fourth?"]


async def test_a_stopped_answer_is_gone_on_with(tmp_path: Path) -> None:
    scripts = [held("One two three.", asyncio.Event()), answer("four five."), answer("Fine.")]
    async with study(tmp_path, *scripts) as room:
        session = thread_of(room.desk)
        events = session.send("Count!", room.endpoint)
        await until(events, TextDelta)
        stopping = asyncio.create_task(session.stop())
        cut = (await end_of(events)).answer
        assert cut.state is MessageState.STOPPED
        await stopping
        end = await end_of(session.go_on(room.endpoint))
        assert asked(room) == ["Count!", cut.text, CONTINUED.instruction]
        assert end.answer.text == f"{cut.text} four five."
        await end_of(session.send("More?", room.endpoint))
        assert asked(room) == ["Count!", end.answer.text, "More?"]


async def test_an_answer_that_was_cut_says_so_and_is_gone_on_with(tmp_path: Path) -> None:
    scripts = [answer("Once upon", finish="length"), answer("a time."), answer("Fine.")]
    async with study(tmp_path, *scripts) as room:
        session = thread_of(room.desk)
        await session.set_limits(50, None)
        end = await end_of(session.send("A story!", room.endpoint))
        assert end.answer.finish_reason == "length"
        assert session.can_go_on
        assert (await end_of(session.go_on(room.endpoint))).answer.text == "Once upon a time."
        await end_of(session.send("More?", room.endpoint))
        assert asked(room) == ["A story!", "Once upon a time.", "More?"]


async def test_an_engine_that_died_is_asked_with_the_branch_that_is_shown(tmp_path: Path) -> None:
    scripts = [*script("One.", "Two."), held("Never said.", asyncio.Event()), *script("Three.")]
    async with study(tmp_path, *scripts) as room:
        session = await talked(room)
        second = session.messages[2]
        events = session.edit(second.id, "Else?", room.endpoint)
        await until(events, TextDelta)
        killing = asyncio.create_task(room.companion.kill())
        failed([event async for event in events])
        await killing
        assert await session.show_message(second.id)
        await end_of(session.send("Third?", room.endpoint))
        assert asked(room) == ["First?", "One.", "Second?", "Two.", "Third?"]


async def test_a_persona_rides_along_and_another_model_answers_where_it_is_wanted(
    tmp_path: Path,
) -> None:
    async with study(tmp_path, *script("One.", "Two.")) as room:
        session = thread_of(room.desk)
        shots = (Example("What is a cell?", "A room so small."),)
        await session.set_persona(Persona("Poet", system_prompt="Rhyme.", examples=shots))
        await end_of(session.send("First?", room.endpoint))
        assert asked(room) == ["First?"]
        assert "Rhyme." in instructions(room)
        assert "A room so small." in instructions(room)
        end = await end_of(session.retry(replace(room.endpoint, model="m2")))
        assert room.model.requests[-1].json["model"] == "m2"
        assert end.answer.model == "m2"
