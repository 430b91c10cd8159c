"""One conversation in two windows, each of which may know less than is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from studybuddy.chat.session import ChatSession
from studybuddy.chat.shelf import ConversationShelf
from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.assistants import AssistantSpec
from studybuddy.domain.events import TextDelta, TurnEvent, TurnFailed
from studybuddy.domain.problems import SHOWN_OTHERWISE, Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Example, Persona
from tests.support.branching import Chat, a_chat, read
from tests.support.run_scripts import Says
from tests.support.scripted_provider import ENDPOINT, says
from tests.support.study_room import StudyRoom, failed, finished, until
from tests.support.virtual_time import virtually

BROKEN = Problem(ProblemKind.STORAGE, "The disk is full.")
POET = Persona("Poet", "", "Answer as a poem.", (Example("A cell?", "A room so small."),))


async def beside(chat: Chat) -> ChatSession:
    """The same conversation in another window."""
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    return ChatSession(opened, chat.store, chat.connector, new=False)


async def a_room(*answers: str) -> tuple[StudyRoom, ThreadSession]:
    """A thread with two turns, in two windows."""
    room = StudyRoom(*([Says(text)] for text in ("One.", "Two.", *answers)))
    await room.send("First?")
    await room.send("Second?")
    opened = await room.store.load(room.session.head.id)
    assert opened is not None
    return room, room._session(opened, new=False)


async def on_thread(room: StudyRoom) -> tuple[list[str], list[str] | None]:
    """The texts of the branch on disk, and of the thread that is stored with it, if any."""
    opened = await room.store.load(room.session.head.id)
    assert opened is not None
    thread = room.server.threads.get(opened.head.thread_id)
    return [message.text for message in opened.messages], thread.texts() if thread else None


def texts(session: ChatSession | ThreadSession) -> list[str]:
    return [message.text for message in session.messages]


async def every(events: AsyncGenerator[TurnEvent]) -> list[TurnEvent]:
    return [event async for event in events]


class Held:
    """Holds the first call of a store's method, before it is carried out or after."""

    def __init__(self, store: object, name: str, *, after: bool = False) -> None:
        self.waiting, self.go = asyncio.Event(), asyncio.Event()
        self._call = getattr(store, name)
        self._after = after
        setattr(store, name, self)

    async def __call__(self, *values: Any, **named: Any) -> Any:
        if self.waiting.is_set():
            return await self._call(*values, **named)
        result = await self._call(*values, **named) if self._after else None
        self.waiting.set()
        await self.go.wait()
        return result if self._after else await self._call(*values, **named)


# What is sent


async def test_what_another_window_deleted_is_not_sent() -> None:
    chat = await a_chat(says("C"))
    other = await beside(chat)
    await chat.session.delete_message(chat.session.messages[0].id)
    await read(other.send("c", ENDPOINT))
    assert chat.asked(2) == ["b", "B", "c"]
    assert texts(other) == ["b", "B", "c", "C"]


async def test_a_question_goes_on_from_what_another_window_shows() -> None:
    chat = await a_chat(says("B2"), says("C"), says("D"))
    other = await beside(chat)
    await chat.again()
    await read(other.send("c", ENDPOINT))
    await chat.ask("d")
    assert chat.asked(3) == ["a", "A", "b", "B2", "c"]
    assert chat.asked(4) == ["a", "A", "b", "B2", "c", "C", "d"]
    assert chat.shown == await chat.stored()


async def test_what_is_deleted_while_a_question_is_on_its_way_stops_it() -> None:
    chat = await a_chat(says("C"))
    other = await beside(chat)
    saving = Held(chat.store, "save")
    asking = asyncio.create_task(read(other.send("c", ENDPOINT)))
    await saving.waiting.wait()
    await chat.session.delete_message(chat.session.messages[0].id)
    saving.go.set()
    [end] = await asking
    assert isinstance(end, TurnFailed)
    assert end.problem == SHOWN_OTHERWISE
    assert len(chat.provider.requests) == 2
    assert await chat.stored() == ["b", "B"]
    await read(other.send("c", ENDPOINT))
    assert chat.asked(2) == ["b", "B", "c"]


async def test_what_is_typed_here_stays_where_another_window_changed_the_rest() -> None:
    chat = await a_chat(says("C"))
    other = await beside(chat)
    await other.save_scroll("m:3")
    await chat.session.set_persona(POET)
    await chat.session.save_scroll("m:9")
    await read(other.send("c", ENDPOINT))
    assert (other.head.persona, other.head.scroll) == ("Poet", "m:3")


@virtually
async def test_a_thread_is_asked_what_another_window_shows_and_never_what_it_deleted() -> None:
    room, other = await a_room("Third.", "Fourth.")
    await other.delete_message(other.messages[0].id)
    finished(await room.send("Third?"))
    expected = ["Second?", "Two.", "Third?", "Third."]
    assert await on_thread(room) == (expected, expected)
    finished(await every(other.send("Fourth?", ENDPOINT)))
    expected += ["Fourth?", "Fourth."]
    assert await on_thread(room) == (expected, expected)


@virtually
async def test_a_thread_of_which_the_end_was_deleted_elsewhere_is_not_asked() -> None:
    room, other = await a_room("Third.", "Fourth.")
    finished(await every(other.send("Third?", ENDPOINT)))
    await other.delete_message(other.messages[-2].id)  # here the branch is as it was all the time
    finished(await room.send("Fourth?"))
    expected = ["First?", "One.", "Second?", "Two.", "Fourth?", "Fourth."]
    assert await on_thread(room) == (expected, expected)


@virtually
async def test_a_stale_window_stores_no_thread_beside_another_branch() -> None:
    room, other = await a_room("Else.", "Third.")
    await every(other.edit(other.messages[0].id, "Else?", ENDPOINT))
    room.server.put(AssistantSpec("Poet"))
    poet = await room.shelf.resolve("", "Poet")
    assert poet is not None
    await room.session.choose(poet)
    assert await on_thread(room) == (["Else?", "Else."], ["Else?", "Else."])
    assert (await room.store.load(room.session.head.id)).head.assistant_name == "Poet"  # type: ignore[union-attr]


@virtually
async def test_a_thread_that_is_made_while_another_window_deletes_is_not_kept() -> None:
    room, other = await a_room("Third.")
    await room.session.show_message("")  # nothing
    await room.session.leave_thread()
    keeping = Held(room.store, "set_thread")
    asking = asyncio.create_task(room.send("Third?"))
    await keeping.waiting.wait()
    first = other.messages[0].id
    await room.store.set_deleted([first], True)
    keeping.go.set()
    finished(await asking)
    shown, thread = await on_thread(room)
    assert shown == ["One.", "Second?", "Two.", "Third?", "Third."]
    assert thread is None


@virtually
async def test_what_is_not_shown_any_more_is_not_asked_again_on_a_thread() -> None:
    room, other = await a_room("Third.")
    again = room.session.retry(ENDPOINT, message_id=room.session.messages[-1].id)
    edited = room.session.edit(room.session.messages[2].id, "Else?", ENDPOINT)
    await other.delete_message(other.messages[2].id)
    for events in (again, edited):
        assert failed(await every(events)).problem == SHOWN_OTHERWISE
    assert texts(room.session) == ["First?", "One."]
    assert len(room.server.runs) == 2


@virtually
async def test_the_thread_of_a_branch_that_was_left_unasked_serves_it_again() -> None:
    room, other = await a_room("Else.", "Third.")
    await every(room.session.edit(room.session.messages[2].id, "Else?", ENDPOINT))
    await other.refresh()
    threads = len(room.server.threads)
    place = other.messages[2].id
    assert await other.show_alternative(place, -1)
    assert await other.show_alternative(other.messages[2].id, 1)
    finished(await every(other.send("Third?", ENDPOINT)))
    expected = ["First?", "One.", "Else?", "Else.", "Third?", "Third."]
    assert await on_thread(room) == (expected, expected)
    assert len(room.server.threads) == threads


# What is kept


async def test_a_turn_leaves_the_persona_that_another_window_chose() -> None:
    chat = await a_chat(says("C"))
    other = await beside(chat)
    await chat.session.set_persona(POET)
    await read(other.send("c", ENDPOINT))
    head = await chat.store.head(chat.session.head.id)
    assert head is not None
    assert (head.persona, head.system_prompt, head.examples) == (
        "Poet",
        POET.system_prompt,
        POET.examples,
    )
    assert chat.asked(2)[0] == POET.system_prompt


async def test_a_conversation_that_was_deleted_for_good_does_not_come_back_with_one_turn() -> None:
    chat = await a_chat(says("C"))
    other = await beside(chat)
    await chat.store.delete(chat.session.head.id)
    [end] = await read(other.send("c", ENDPOINT))
    assert isinstance(end, TurnFailed)
    assert end.problem.kind is ProblemKind.STORAGE
    await other.set_persona(POET)
    await other.save_draft("c")
    assert await chat.store.head(other.head.id) is None
    assert len(chat.provider.requests) == 2


async def test_nothing_is_deleted_while_another_window_answers_that_this_one_has_not_seen() -> None:
    chat = await a_chat([TextDelta("C"), asyncio.Event()])
    other = await beside(chat)
    events = chat.session.send("c", ENDPOINT)
    await until(events, TextDelta)
    for changing in (
        other.delete_message(other.messages[0].id),
        other.restore_messages([other.messages[0].id]),
    ):
        with pytest.raises(StudyBuddyError, match="another window"):
            await changing
    await events.aclose()
    assert len(await other.delete_message(other.messages[0].id)) == 2


async def test_what_another_window_deleted_is_not_deleted_again() -> None:
    chat = await a_chat()
    other = await beside(chat)
    first = other.messages[0].id
    assert len(await chat.session.delete_message(first)) == 2
    assert await other.delete_message(first) == ()
    assert texts(other) == ["b", "B"]


# Deleting is one deed


async def test_what_can_not_be_deleted_is_there_and_shown() -> None:
    chat = await a_chat(says("B2"))
    await chat.again()
    deleted = await chat.session.delete_message(chat.session.messages[-1].id)

    async def fails(*_: object, **__: object) -> None:
        raise StudyBuddyError(BROKEN)

    working, chat.store.set_deleted = chat.store.set_deleted, fails  # type: ignore[method-assign]
    for changing in (
        chat.session.delete_message(chat.session.messages[0].id),
        chat.session.restore_messages(deleted),
    ):
        with pytest.raises(StudyBuddyError):
            await changing
        assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]
    chat.store.set_deleted = working  # type: ignore[method-assign]
    chat.store.show = fails  # type: ignore[method-assign]
    await chat.session.restore_messages(deleted)  # all of it is one transaction
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2"]


@pytest.mark.parametrize("after", [False, True], ids=["before it is written", "once it is"])
async def test_deleting_that_is_cancelled_deletes_nothing(after: bool) -> None:
    chat = await a_chat(says("C"))
    held = Held(chat.store, "set_deleted", after=after)
    deleting = asyncio.create_task(chat.session.delete_message(chat.session.messages[0].id))
    await held.waiting.wait()
    deleting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deleting
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]
    await chat.ask("c")
    assert chat.asked(2) == ["a", "A", "b", "B", "c"]


async def test_bringing_back_that_is_cancelled_once_written_is_shown() -> None:
    chat = await a_chat()
    deleted = await chat.session.delete_message(chat.session.messages[0].id)
    held = Held(chat.store, "set_deleted", after=True)
    restoring = asyncio.create_task(chat.session.restore_messages(deleted))
    await held.waiting.wait()
    restoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await restoring
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B"]


# One change at a time


async def test_a_branch_that_is_not_written_is_not_shown_either() -> None:
    chat = await a_chat(says("B2"))
    await chat.again()

    async def fails(*_: object) -> None:
        raise StudyBuddyError(BROKEN)

    chat.store.show = fails  # type: ignore[method-assign]
    with pytest.raises(StudyBuddyError):
        await chat.walk(-1, -1)
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2"]
    assert chat.versions == {"B2": (2, 2)}


async def test_of_two_steps_at_once_the_second_begins_where_the_first_has_ended() -> None:
    chat = await a_chat(says("B2"), says("B3"))
    await chat.again()
    await chat.again()
    held = Held(chat.store, "tree")
    steps = [asyncio.create_task(chat.walk(-1, by)) for by in (-1, -2)]
    await held.waiting.wait()
    await asyncio.sleep(0)
    held.go.set()
    assert await asyncio.gather(*steps) == [True, False]  # what the second began from is gone
    assert chat.shown == await chat.stored() == ["a", "A", "b", "B2"]


async def test_a_question_waits_for_the_branch_that_is_about_to_be_shown() -> None:
    chat = await a_chat(says("B2"), says("C"))
    await chat.again()
    held = Held(chat.store, "show")
    walking = asyncio.create_task(chat.walk(-1, -1))
    await held.waiting.wait()
    asking = asyncio.create_task(chat.ask("c"))
    for _ in range(9):
        await asyncio.sleep(0)
    assert len(chat.provider.requests) == 3
    held.go.set()
    assert await walking
    await asking
    assert chat.asked(3) == ["a", "A", "b", "B", "c"]
    assert chat.shown == await chat.stored()


# Lists


async def test_undoing_the_archive_leaves_the_folder_that_was_given_meanwhile() -> None:
    chat = await a_chat()
    shelf, head = ConversationShelf(chat.store), chat.session.head
    await shelf.arrange(head, archived=True)
    await ConversationShelf(chat.store).arrange(head, folder=" Biology ")
    await shelf.arrange(head, archived=False)  # with the head of before
    now = await chat.store.head(head.id)
    assert now is not None
    assert (now.archived, now.folder) == (False, "Biology")
