"""What every conversation store does to keep conversations in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studybuddy.domain.messages import Conversation, MessageState, Mode, Titled, new_id
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Example
from studybuddy.domain.shelves import Place, Shelf
from tests.contract.conversation_store import World, a_conversation, answered, asked

ARCHIVED, DELETED = Place(Shelf.ARCHIVED), Place(Shelf.DELETED)


async def head_of(store: ConversationStore, conversation_id: str) -> Conversation:
    opened = await store.load(conversation_id)
    assert opened is not None
    return opened.head


async def titles(store: ConversationStore, place: Place) -> list[str]:
    return [head.title for head in await store.recent(99, place=place)]


class OrderContract:
    """Subclasses give the fixture `world`."""

    @pytest.fixture
    def store(self, world: World) -> ConversationStore:
        return world.start()

    async def test_a_head_is_read_without_its_messages(self, store: ConversationStore) -> None:
        stored = a_conversation()
        await store.save(stored)
        question = asked()
        await store.add(stored.id, question, answered("So.", question))
        await store.arrange(stored.id, pinned=True, archived=False, folder="Biology")
        assert await store.head(stored.id) == await head_of(store, stored.id)
        await store.discard(stored.id)
        head = await store.head(stored.id)
        assert head is not None
        assert head.deleted_at is not None
        assert await store.head("nobody's") is None

    async def test_saving_gives_a_title_only_where_there_is_none(
        self, world: World, store: ConversationStore
    ) -> None:
        untitled = a_conversation(title="")
        await store.save(untitled)
        await store.save(replace(untitled, title="Light", titled=Titled.QUESTION))
        assert (await head_of(store, untitled.id)).title == "Light"
        await world.start().rename(untitled.id, "Optics", Titled.MODEL)
        await store.save(replace(untitled, title="Light", titled=Titled.QUESTION))
        head = await head_of(store, untitled.id)
        assert (head.title, head.titled) == ("Optics", Titled.MODEL)

    async def test_the_students_title_goes_before_the_models_and_that_before_the_questions(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation(title="Question")
        await store.save(head)
        assert await store.rename(head.id, "Model", Titled.MODEL)
        assert not await store.rename(head.id, "Question", Titled.QUESTION)
        assert await store.rename(head.id, "Model 2", Titled.MODEL)
        assert await store.rename(head.id, "Student \ud83d", Titled.STUDENT)
        assert not await store.rename(head.id, "Model 3", Titled.MODEL)
        assert await store.rename(head.id, "Student", Titled.STUDENT)
        found = await head_of(store, head.id)
        assert found == replace(head, title="Student", titled=Titled.STUDENT)
        assert not await store.rename(new_id(), "Nothing", Titled.STUDENT)

    async def test_a_title_that_is_empty_is_given_by_anyone(self, store: ConversationStore) -> None:
        head = a_conversation(title="", titled=Titled.STUDENT)
        await store.save(head)
        assert await store.rename(head.id, "Light", Titled.QUESTION)

    async def test_a_persona_is_set_and_order_and_place_stay(
        self, world: World, store: ConversationStore
    ) -> None:
        stale = a_conversation()
        await store.save(stale)
        other = world.start()
        await other.arrange(stale.id, pinned=True, archived=True, folder="Physics")
        await other.save_scroll(stale.id, "m:3")
        await other.discard(stale.id)
        examples = (Example("2+2?", "4"),)
        await store.set_prompt(stale.id, "Count.", "Math", examples)
        await store.set_prompt(new_id(), "Dream.", "Nobody", ())
        assert await head_of(store, stale.id) == replace(
            stale,
            persona="Math",
            examples=examples,
            system_prompt="Count.",
            pinned=True,
            archived=True,
            folder="Physics",
            scroll="m:3",
            deleted_at=world.clock.now,
        )

    async def test_saving_a_stale_head_leaves_what_another_window_set(
        self, world: World, store: ConversationStore
    ) -> None:
        stale = a_conversation(mode=Mode.ASSISTANT)
        await store.save(stale)
        other = world.start()
        await other.set_prompt(stale.id, "Rhyme.", "Poet", (Example("Hi", "Oh my"),))
        await other.set_assistant(stale.id, "asst_2", "Math")
        assert await other.set_thread(stale.id, "thread_2")
        before = await head_of(store, stale.id)
        for new in (True, False):
            await store.save(replace(stale, model="m", endpoint="lab"), new=new)
        assert await head_of(store, stale.id) == replace(before, model="m", endpoint="lab")

    async def test_what_was_deleted_for_good_does_not_come_back_by_saving(
        self, world: World, store: ConversationStore
    ) -> None:
        head = a_conversation()
        await store.save(head)
        await world.start().delete(head.id)
        with pytest.raises(StudyBuddyError) as caught:
            await store.save(head, new=False)
        assert caught.value.problem.kind is ProblemKind.STORAGE
        await store.set_prompt(head.id, "Rhyme.", "Poet", ())
        await store.set_assistant(head.id, "asst_2", "Math")
        await store.set_thread(head.id, "")
        assert await store.head(head.id) is None
        assert not await store.set_thread(head.id, "thread_2")

    async def test_two_windows_put_a_conversation_in_order_and_each_leaves_the_others_part(
        self, world: World, store: ConversationStore
    ) -> None:
        head = a_conversation()
        await store.save(head)
        await store.arrange(head.id, archived=True)
        await world.start().arrange(head.id, folder="Biology")
        await store.arrange(head.id, pinned=True)
        await store.arrange(head.id, archived=False)
        found = await head_of(store, head.id)
        assert (found.pinned, found.archived, found.folder) == (True, False, "Biology")
        await store.arrange(head.id, folder="")
        assert (await head_of(store, head.id)).folder == ""

    async def test_pinned_conversations_come_first_and_nothing_else_moves(
        self, store: ConversationStore
    ) -> None:
        for number in range(4):
            head = a_conversation(float(number), title=str(number))
            await store.save(head)
            if number == 1:
                await store.arrange(head.id, pinned=True, archived=False, folder="")
        assert await titles(store, Place()) == ["1", "3", "2", "0"]
        await store.arrange(new_id(), pinned=True, archived=True, folder="x")

    async def test_each_shelf_and_each_folder_lists_its_own(self, store: ConversationStore) -> None:
        heads = {}
        for number, name in enumerate(("plain", "filed", "archived", "deleted", "old")):
            heads[name] = a_conversation(float(number), title=name)
            await store.save(heads[name])
        await store.arrange(heads["filed"].id, pinned=False, archived=False, folder="Physics")
        await store.arrange(heads["archived"].id, pinned=False, archived=True, folder="Physics")
        await store.arrange(heads["old"].id, pinned=True, archived=True, folder="biology")
        await store.discard(heads["deleted"].id)
        assert await titles(store, Place()) == ["filed", "plain"]
        assert await titles(store, ARCHIVED) == ["old", "archived"]
        assert await titles(store, DELETED) == ["deleted"]
        assert await titles(store, Place(folder="Physics")) == ["filed"]
        assert await titles(store, Place(folder="")) == ["plain"]
        assert await titles(store, Place(Shelf.ARCHIVED, "Physics")) == ["archived"]
        assert await store.recent(9, mode=Mode.ASSISTANT, place=ARCHIVED) == []
        assert list(await store.folders()) == ["biology", "Physics"]
        await store.discard(heads["old"].id)
        assert list(await store.folders()) == ["Physics"]

    @pytest.mark.parametrize("shelf", Shelf)
    async def test_pages_of_every_shelf_join_without_gap_or_double(
        self, store: ConversationStore, shelf: Shelf
    ) -> None:
        heads = [
            a_conversation(
                float(number // 3),
                pinned=number % 5 == 0,
                archived=shelf is Shelf.ARCHIVED,
                deleted_at=9.0 if shelf is Shelf.DELETED else None,
            )
            for number in range(16)
        ]
        for head in heads:
            await store.save(head)
        seen: list[Conversation] = []
        key = None
        while page := await store.recent(3, key, place=Place(shelf)):
            seen += page
            key = page[-1].pinned, page[-1].updated_at, page[-1].id
        assert len(seen) == len(heads)
        assert set(seen) == set(heads)

    async def test_where_a_conversation_was_scrolled_to_is_kept_and_does_not_move_it(
        self, store: ConversationStore
    ) -> None:
        older, newer = a_conversation(1.0), a_conversation(2.0)
        await store.save(older)
        await store.save(newer)
        await store.save_scroll(older.id, "m-7:12")
        await store.save_scroll(new_id(), "nowhere")
        first, second = await store.recent(9)
        assert (first.id, second.scroll) == (newer.id, "m-7:12")

    async def test_a_discarded_conversation_comes_back_as_it_was(
        self, world: World, store: ConversationStore
    ) -> None:
        head, question = a_conversation(pinned=True), asked("found")
        await store.save(head)
        await store.add(head.id, question)
        await store.mark_opened(head.id)
        before = await store.load(head.id)
        other = world.start()
        for at in (2000.0, 3000.0):
            world.clock.now = at
            await store.discard(head.id)
        assert await other.recent(9) == []
        assert await other.last_opened() is None
        assert await other.recent_prompts(9) == []
        opened = await other.load(head.id)
        assert opened is not None
        assert opened.head.deleted_at == 2000.0
        assert opened.messages == (question,)
        await other.restore(head.id)
        await other.restore(new_id())
        assert await store.load(head.id) == before
        assert await store.last_opened() == head.id
        assert await store.recent_prompts(9) == ["found"]

    async def test_a_discarded_conversation_takes_no_question_that_would_vanish_with_it(
        self, world: World, store: ConversationStore
    ) -> None:
        head = a_conversation()
        answer = answered("", None, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, answer)
        await world.start().discard(head.id)
        with pytest.raises(StudyBuddyError) as caught:
            await store.add(head.id, asked())
        assert caught.value.problem.kind is ProblemKind.STORAGE
        done = replace(answer, text="Light.", state=MessageState.COMPLETE)
        await store.finish(done)  # what was under way ends where it began
        assert list(await store.tree(head.id)) == [done]

    async def test_only_what_was_discarded_before_is_purged(
        self, world: World, store: ConversationStore
    ) -> None:
        heads = [a_conversation(title=str(number)) for number in range(3)]
        for head in heads:
            await store.save(head)
            await store.add(head.id, asked(head.title))
        for number in (0, 1):
            world.clock.now = 100.0 * (number + 1)
            await store.discard(heads[number].id)
        assert await store.purge(100.0) == 0
        assert await store.purge(200.0) == 1
        assert await store.load(heads[0].id) is None
        assert list(await store.tree(heads[0].id)) == []
        assert await titles(store, DELETED) == ["1"]
        assert await store.purge(999.0) == 1
        assert await store.purge(999.0) == 0
        assert await titles(store, Place()) == ["2"]

    async def test_deleted_questions_are_not_recalled(self, store: ConversationStore) -> None:
        head, kept, gone = a_conversation(), asked("kept"), asked("gone")
        await store.save(head)
        await store.add(head.id, kept, gone)
        await store.set_deleted([gone.id], True)
        assert await store.recent_prompts(9) == ["kept"]
