"""What every conversation store does so that a thread is never stored beside another branch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from studybuddy.domain.messages import Conversation, Message, Mode, new_id
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import SHOWN_OTHERWISE, StudyBuddyError
from tests.contract.conversation_store import World, a_conversation, answered, asked

Change = Callable[[ConversationStore, Conversation, list[Message]], Awaitable[None]]


async def a_thread(store: ConversationStore) -> tuple[Conversation, list[Message]]:
    """Two turns, with a thread that has them."""
    head = a_conversation(mode=Mode.ASSISTANT)
    await store.save(head)
    first = asked("First?")
    one = answered("One.", first)
    second = asked("Second?", one)
    line = [first, one, second, answered("Two.", second)]
    await store.add(head.id, *line)
    assert await store.set_thread(head.id, "thread_1", ids(line))
    return head, line


def ids(messages: list[Message]) -> list[str]:
    return [message.id for message in messages]


async def thread_of(store: ConversationStore, head: Conversation) -> str:
    found = await store.head(head.id)
    assert found is not None
    return found.thread_id


async def shows(store: ConversationStore, head: Conversation, line: list[Message]) -> None:
    await store.show(head.id, line[1].id)


async def deletes(store: ConversationStore, head: Conversation, line: list[Message]) -> None:
    await store.set_deleted(ids(line[:2]), True)


async def deletes_the_end(
    store: ConversationStore, head: Conversation, line: list[Message]
) -> None:
    await store.set_deleted(ids(line[2:]), True)


async def deletes_and_shows(
    store: ConversationStore, head: Conversation, line: list[Message]
) -> None:
    await store.set_deleted([line[3].id], True, show=line[2].id)


async def asks(store: ConversationStore, head: Conversation, line: list[Message]) -> None:
    await store.add(head.id, asked("Else?"))


CHANGES = (shows, deletes, deletes_the_end, deletes_and_shows, asks)


class ThreadsContract:
    """Subclasses give the fixture `world`."""

    @pytest.fixture
    def store(self, world: World) -> ConversationStore:
        return world.start()

    @pytest.mark.parametrize("change", CHANGES)
    async def test_a_change_of_the_branch_leaves_the_thread(
        self, world: World, store: ConversationStore, change: Change
    ) -> None:
        head, line = await a_thread(store)
        await change(world.start(), head, line)
        assert await thread_of(store, head) == ""
        assert await store.unchanged(head.id, ids(line)) is None

    @pytest.mark.parametrize("change", CHANGES)
    async def test_a_thread_is_stored_only_for_what_is_shown_by_then(
        self, world: World, store: ConversationStore, change: Change
    ) -> None:
        head, line = await a_thread(store)
        await change(world.start(), head, line)
        assert not await store.set_thread(head.id, "thread_2", ids(line))
        assert await thread_of(store, head) == ""
        opened = await store.load(head.id)
        assert opened is not None
        shown = ids(list(opened.messages))
        assert await store.unchanged(head.id, shown) == opened.head
        assert await store.set_thread(head.id, "thread_2", shown)
        assert await thread_of(store, head) == "thread_2"

    @pytest.mark.parametrize("change", CHANGES)
    async def test_a_question_to_a_branch_that_is_not_shown_any_more_is_not_stored(
        self, world: World, store: ConversationStore, change: Change
    ) -> None:
        head, line = await a_thread(store)
        await change(world.start(), head, line)
        before = await store.load(head.id)
        for thread_id in ("thread_1", ""):
            with pytest.raises(StudyBuddyError) as caught:
                await store.add(
                    head.id, asked("Third?", line[-1]), shown=ids(line), thread_id=thread_id
                )
            assert caught.value.problem == SHOWN_OTHERWISE
        assert await store.load(head.id) == before

    async def test_a_thread_that_gets_the_question_too_stays(
        self, store: ConversationStore
    ) -> None:
        head, line = await a_thread(store)
        third = asked("Third?", line[-1])
        await store.add(head.id, third, shown=ids(line), thread_id="thread_1")
        assert await thread_of(store, head) == "thread_1"
        fourth = asked("Fourth?", third)
        await store.add(head.id, fourth, shown=ids([*line, third]))
        assert await thread_of(store, head) == ""

    async def test_a_thread_that_another_window_left_gets_no_question(
        self, world: World, store: ConversationStore
    ) -> None:
        head, line = await a_thread(store)
        other = world.start()
        await other.set_deleted([line[0].id], True)
        await other.set_deleted([line[0].id], False)  # the branch is the same, the thread unknown
        assert await store.unchanged(head.id, ids(line)) is not None
        with pytest.raises(StudyBuddyError):
            await store.add(head.id, asked("?", line[-1]), shown=ids(line), thread_id="thread_1")

    async def test_what_is_shown_is_told_from_what_was_also_where_nothing_is(
        self, store: ConversationStore
    ) -> None:
        assert await store.unchanged(new_id(), []) is None
        head = a_conversation()
        await store.save(head)
        assert await store.unchanged(head.id, []) == head
        question = asked()
        await store.add(head.id, question, shown=[])
        assert await store.unchanged(head.id, []) is None
        await store.set_deleted([question.id], True)
        assert await store.unchanged(head.id, []) is not None
        await store.add(head.id, asked("Anew?"), shown=[])

    async def test_messages_are_deleted_together_with_what_is_shown_then(
        self, world: World, store: ConversationStore
    ) -> None:
        head, line = await a_thread(store)
        again = answered("Two again.", line[2])
        await store.add(head.id, again)
        await store.set_deleted([again.id], True, show=line[3].id)
        opened = await world.start().load(head.id)
        assert opened is not None
        assert list(opened.messages) == line
        await store.set_deleted([again.id], False, show=again.id)
        assert await store.unchanged(head.id, ids([*line[:3], again])) is not None
        assert await store.unchanged(head.id, ids([*line[:3], again]), alone=True) is None
        await store.set_deleted([again.id], True)  # which shows the one beside it
        assert await store.unchanged(head.id, ids(line[:3])) is None
        assert await store.unchanged(head.id, ids(line)) is not None
        await store.set_deleted([again.id], False)
        assert await store.unchanged(head.id, ids([*line[:3], again])) is not None
