"""The shown branch of a conversation: walked, deleted from, brought back, taken over."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.chat.session import ChatSession
from studybuddy.domain.events import (
    TurnStarted,
)
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from tests.support.branching import Chat, a_chat
from tests.support.scripted_provider import ENDPOINT, says

BROKEN = Problem(ProblemKind.STORAGE, "The disk is full.")


async def test_a_question_is_deleted_with_what_answers_it_and_comes_back() -> None:
    chat = await a_chat(says("C"), says("D"))
    await chat.ask("c")
    deleted = await chat.session.delete_message(chat.session.messages[2].id)
    assert len(deleted) == 2
    assert chat.shown == await chat.stored() == ["a", "A", "c", "C"]
    await chat.ask("d")
    assert chat.asked(3) == ["a", "A", "c", "C", "d"]
    await chat.session.restore_messages(deleted)
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B", "c", "C", "d", "D"]
    assert await chat.session.delete_message("gone") == ()


async def test_an_answer_is_deleted_alone_and_the_one_beside_it_is_shown() -> None:
    chat = await a_chat(says("B2"))
    await chat.again()
    deleted = await chat.session.delete_message(chat.session.messages[-1].id)
    assert len(deleted) == 1
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]
    assert chat.versions == {}
    await chat.session.restore_messages(deleted)
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2"]
    assert chat.versions == {"B2": (2, 2)}


async def test_a_question_takes_the_answers_of_other_branches_with_it() -> None:
    chat = await a_chat(says("B2"))
    await chat.again()
    deleted = await chat.session.delete_message(chat.session.messages[2].id)
    assert len(deleted) == 3
    assert chat.shown == await chat.stored() == ["a", "A"]
    await chat.session.restore_messages(deleted)
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2"]


async def test_all_can_be_deleted_and_asked_and_brought_back() -> None:
    chat = Chat(says("A"), says("B"))
    await chat.ask("a")
    deleted = await chat.session.delete_message(chat.session.messages[0].id)
    assert chat.shown == await chat.stored() == []
    await chat.ask("b")
    assert chat.asked(1) == ["b"]
    await chat.session.restore_messages(deleted)
    assert chat.shown == await chat.stored() == ["a", "A"]
    assert chat.versions == {"a": (1, 2)}


async def test_nothing_is_walked_or_deleted_while_an_answer_comes() -> None:
    gate = asyncio.Event()
    chat = await a_chat(says("B2"), [gate, *says("C")])
    await chat.again()
    events = chat.session.send("c", ENDPOINT)
    async for event in events:
        if isinstance(event, TurnStarted):
            place = chat.session.messages[3].id
            with pytest.raises(StudyBuddyError, match="being written"):
                await chat.session.show_alternative(place, -1)
            with pytest.raises(StudyBuddyError, match="being written"):
                await chat.session.delete_message(place)
            with pytest.raises(StudyBuddyError, match="being written"):
                await chat.session.restore_messages([place])
            gate.set()
    assert chat.shown == ["a", "A", "b", "B2", "c", "C"]


async def test_any_message_is_shown_where_it_is_looked_for() -> None:
    chat = await a_chat(says("A2"))
    last = chat.session.messages[2].id
    await chat.again(1)
    assert await chat.session.show_message(last)
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]
    assert await chat.session.show_message(last)
    assert not await chat.session.show_message("gone")
    await chat.session.delete_message(last)
    assert not await chat.session.show_message(last)


async def test_a_branch_that_cannot_be_kept_on_disk_is_not_shown() -> None:
    chat = await a_chat(says("B2"))
    await chat.again()
    chat.store.failing = BROKEN
    with pytest.raises(StudyBuddyError):
        await chat.walk(-1, -1)
    with pytest.raises(StudyBuddyError):
        await chat.session.delete_message(chat.session.messages[0].id)
    chat.store.failing = None
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2"]


async def test_the_branch_that_another_window_shows_is_taken_over() -> None:
    chat = await a_chat(says("B2"))
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    other = ChatSession(opened, chat.store, chat.connector, new=False)
    await chat.again()
    assert await other.refresh()
    assert [m.text for m in other.messages] == ["a", "A", "b", "B2"]
    await other.show_alternative(other.messages[-1].id, -1)
    await chat.session.refresh()
    assert chat.shown == ["a", "A", "b", "B"]
    assert chat.versions == {"B": (1, 2)}
