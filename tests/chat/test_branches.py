"""Branches in completion mode: questions asked again, differently, and in other words."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from studybuddy.domain.events import (
    StatusChanged,
    TextDelta,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)
from studybuddy.domain.messages import MessageState, Role
from studybuddy.domain.variations import SIMPLER
from tests.support.branching import REFUSED, Chat, a_chat, read
from tests.support.scripted_provider import ENDPOINT, says


async def test_an_answer_that_is_asked_for_again_stands_beside_the_one_before() -> None:
    chat = await a_chat(says("B2"))
    await chat.again()
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2"]
    assert chat.versions == {"B2": (2, 2)}
    assert await chat.walk(-1, -1)
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]
    assert chat.versions == {"B": (1, 2)}
    assert not await chat.walk(-1, -1)
    assert not await chat.walk(-1, 2)
    assert not await chat.walk(-1, 0)
    assert not await chat.walk(0, 1)
    assert chat.asked(2) == ["a", "A", "b"]


async def test_an_earlier_answer_is_asked_for_again_and_what_followed_it_stays_a_branch() -> None:
    chat = await a_chat(says("A2"), says("C"))
    started = (await chat.again(1))[0]
    assert isinstance(started, TurnStarted)
    assert len(started.replaced) == 3
    assert chat.shown == ["a", "A2"]
    await chat.ask("c")
    assert chat.asked(3) == ["a", "A2", "c"]
    assert await chat.walk(1, -1)
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]
    assert await chat.walk(1, 1)
    assert chat.shown == ["a", "A2", "c", "C"]


async def test_a_question_is_asked_in_other_words_beside_the_old_one() -> None:
    chat = await a_chat(says("A2"))
    await chat.edit(0, "a2")
    assert chat.shown == await chat.stored() == ["a2", "A2"]
    assert chat.versions == {"a2": (2, 2)}
    assert chat.asked(2) == ["a2"]
    assert chat.session.head.title == "a"
    assert await chat.walk(0, -1)
    assert chat.shown == ["a", "A", "b", "B"]
    with pytest.raises(ValueError, match="only a question"):
        chat.session.edit(chat.session.messages[1].id, "x", ENDPOINT)
    with pytest.raises(ValueError, match="nothing to ask"):
        chat.session.edit(chat.session.messages[0].id, " \n", ENDPOINT)
    with pytest.raises(ValueError, match="no such message"):
        chat.session.edit("gone", "x", ENDPOINT)


async def test_an_edited_question_that_fails_stays_and_so_does_the_old_one() -> None:
    chat = await a_chat([REFUSED])
    ended = (await chat.edit(2, "b2"))[-1]
    assert isinstance(ended, TurnFailed)
    assert not ended.back
    assert chat.shown == await chat.stored() == ["a", "A", "b2", ""]
    assert chat.versions == {"b2": (2, 2)}


async def test_a_variation_is_asked_for_with_the_answer_that_it_differs_from() -> None:
    chat = await a_chat(says("B2"), says("C"))
    await chat.again(variation=SIMPLER)
    assert chat.asked(2) == ["a", "A", "b", "B", SIMPLER.instruction]
    assert chat.provider.requests[2].messages[-1][0] is Role.USER
    answer = chat.session.messages[-1]
    assert (answer.text, answer.variation) == ("B2", "simpler")
    await chat.ask("c")
    assert chat.asked(3) == ["a", "A", "b", "B2", "c"]


async def test_a_variation_of_an_answer_that_is_none_is_asked_for_with_the_question() -> None:
    chat = Chat([REFUSED], says("A"))
    await chat.ask("a")
    await chat.again(variation=SIMPLER)
    assert chat.asked(1) == [f"a\n\n{SIMPLER.instruction}"]
    assert chat.shown == ["a", "A"]


async def test_another_endpoint_may_answer_again() -> None:
    chat = await a_chat(says("B2"))
    other = replace(ENDPOINT, model="another-model")
    await read(chat.session.retry(other))
    assert chat.connector.connected[-1] == other
    assert chat.session.head.model == "another-model"


@pytest.mark.parametrize("stopped", [True, False])
async def test_where_nothing_comes_of_asking_again_the_answer_before_is_shown(
    stopped: bool,
) -> None:
    gate = asyncio.Event()
    chat = await a_chat([gate] if stopped else [REFUSED])
    before = [message.id for message in chat.session.messages]
    if stopped:
        events = chat.session.retry(ENDPOINT, message_id=before[0])
        ended: TurnEvent | None = None
        async for event in events:
            ended = event
            if isinstance(event, TurnStarted):
                assert chat.shown == ["a", ""]
                stopping = asyncio.create_task(chat.session.stop())
        await stopping
    else:
        ended = (await chat.again(0))[-1]
    assert isinstance(ended, TurnFinished | TurnFailed)
    assert ended.back
    assert [message.id for message in chat.session.messages] == before
    assert await chat.stored() == ["a", "A", "b", "B"]
    assert chat.versions == {"A": (1, 2)}
    assert await chat.walk(1, 1)
    state = MessageState.STOPPED if stopped else MessageState.FAILED
    assert chat.session.messages[-1].state is state


async def test_where_some_of_an_answer_comes_it_is_shown_and_the_one_before_is_beside_it() -> None:
    chat = await a_chat([TextDelta("B2 be"), REFUSED])
    ended = (await chat.again())[-1]
    assert isinstance(ended, TurnFailed)
    assert not ended.back
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2 be"]
    assert chat.versions == {"B2 be": (2, 2)}


@pytest.mark.parametrize("left_at", [TurnStarted, StatusChanged])
async def test_a_consumer_that_goes_away_leaves_the_answer_before_where_nothing_came(
    left_at: type[TurnEvent],
) -> None:
    chat = await a_chat([asyncio.Event()])
    events = chat.session.retry(ENDPOINT)
    async for event in events:
        if isinstance(event, left_at):
            break
    await events.aclose()
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]
    await chat.walk(-1, 1)
    assert chat.session.messages[-1].state is MessageState.STOPPED
    assert not chat.session.elsewhere


async def test_tries_that_came_to_nothing_are_not_gone_back_to() -> None:
    chat = Chat([REFUSED])
    await chat.ask("a")
    ended = (await chat.again())[-1]
    assert isinstance(ended, TurnFailed)
    assert not ended.back
    assert chat.versions == {"": (2, 2)}
