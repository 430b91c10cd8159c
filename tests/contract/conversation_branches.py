"""What every conversation store does with branches and deleted messages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studybuddy.domain.messages import Conversation, Message, MessageState, Role, new_id
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.usage import Usage
from tests.contract.conversation_store import DETAILS, World, a_conversation, answered, asked


async def stored(store: ConversationStore, *messages: Message) -> Conversation:
    head = a_conversation()
    await store.save(head)
    await store.add(head.id, *messages)
    return head


async def shown(store: ConversationStore, head: Conversation) -> list[str]:
    opened = await store.load(head.id)
    assert opened is not None
    return [message.text for message in opened.messages]


class BranchesContract:
    """Subclasses give the fixture `world`."""

    @pytest.fixture
    def store(self, world: World) -> ConversationStore:
        return world.start()

    async def test_alternatives_of_what_is_shown_are_told_with_their_number(
        self, store: ConversationStore
    ) -> None:
        question = asked()
        answers = [answered(str(number), question) for number in range(3)]
        follow_up = asked("And?", answers[1])
        head = await stored(store, question, *answers, follow_up)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question, answers[1], follow_up)
        assert opened.alternatives == {answers[1].id: (2, 3)}
        other = asked("Anew", None)
        await store.add(head.id, other)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.alternatives == {other.id: (2, 2)}

    async def test_another_branch_is_shown_and_stays_so_in_another_window(
        self, world: World, store: ConversationStore
    ) -> None:
        question = asked()
        first, second = answered("One.", question), answered("Two.", question)
        head = await stored(store, question, first, second)
        before = (await store.recent(1))[0].updated_at
        await store.show(head.id, first.id)
        assert await shown(world.start(), head) == ["Why?", "One."]
        assert (await store.recent(1))[0].updated_at == before
        await store.show(head.id, None)
        assert await shown(store, head) == []

    async def test_a_message_of_another_conversation_is_not_shown(
        self, store: ConversationStore
    ) -> None:
        mine, other = asked("Mine"), asked("Other")
        head = await stored(store, mine)
        await stored(store, other)
        for leaf in (other.id, new_id()):
            await store.show(head.id, leaf)
            assert await shown(store, head) == ["Mine"]
        await store.show(new_id(), mine.id)

    async def test_the_tree_has_all_messages_whole_in_the_order_of_writing(
        self, store: ConversationStore
    ) -> None:
        question = replace(asked(), pinned=True)
        answer = replace(
            answered("One.", question),
            usage=Usage(1, 2),
            details=DETAILS,
            reasoning="Hm.",
            variation="as steps",
            finish_reason="stop",
        )
        other = replace(answered("Two.", question), created_at=0.5)
        head = await stored(store, question, answer, other)
        await stored(store, asked("elsewhere"))
        await store.set_deleted([answer.id], True)
        assert list(await store.tree(head.id)) == [question, replace(answer, deleted=True), other]
        assert list(await store.tree(new_id())) == []

    async def test_an_answer_of_an_instance_that_is_gone_is_interrupted_in_the_tree_too(
        self, world: World, store: ConversationStore
    ) -> None:
        head = await stored(store, answered("Ligh", None, MessageState.STREAMING))
        await world.kill(store)
        [answer] = await world.start().tree(head.id)
        assert answer.state is MessageState.INTERRUPTED

    async def test_a_deleted_message_is_passed_through_and_comes_back_where_it_was(
        self, world: World, store: ConversationStore
    ) -> None:
        line = [asked("one")]
        for text in ("two", "three", "four"):
            line.append(asked(text, line[-1]))
        head = await stored(store, *line)
        await store.set_deleted([line[1].id, line[2].id, new_id()], True)
        assert await shown(world.start(), head) == ["one", "four"]
        await store.set_deleted([line[1].id, line[2].id], False)
        assert await shown(store, head) == ["one", "two", "three", "four"]

    async def test_where_the_last_message_is_deleted_the_one_before_is_the_leaf(
        self, store: ConversationStore
    ) -> None:
        question = asked()
        first, second = answered("One.", question), answered("Two.", question)
        head = await stored(store, question, first, second)
        await store.set_deleted([second.id], True)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question, first)  # what else there is comes into sight
        assert opened.head.leaf_id == first.id
        assert opened.alternatives == {}
        await store.set_deleted([first.id, question.id], True)
        opened = await store.load(head.id)
        assert opened is not None
        assert (opened.messages, opened.head.leaf_id) == ((), None)
        await store.set_deleted([question.id, first.id, second.id], False)
        assert await shown(store, head) == ["Why?", "Two."]

    async def test_alternatives_are_told_apart_from_deleted_ones(
        self, store: ConversationStore
    ) -> None:
        question = asked()
        answers = [answered(str(number), question) for number in range(3)]
        head = await stored(store, question, *answers)
        await store.set_deleted([answers[0].id], True)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.alternatives == {answers[2].id: (2, 2)}

    async def test_a_deleted_answer_that_still_streams_is_finished_and_stays_deleted(
        self, store: ConversationStore
    ) -> None:
        answer = answered("", None, MessageState.STREAMING)
        head = await stored(store, answer)
        await store.set_deleted([answer.id], True)
        await store.journal(answer.id, "Li")
        await store.finish(replace(answer, text="Light.", state=MessageState.COMPLETE))
        [kept] = await store.tree(head.id)
        assert (kept.text, kept.deleted) == ("Light.", True)

    async def test_what_an_answer_has_besides_its_text_is_known_at_its_end(
        self, store: ConversationStore
    ) -> None:
        answer = answered("", None, MessageState.STREAMING)
        head = await stored(store, answer)
        done = replace(
            answer,
            state=MessageState.COMPLETE,
            reasoning="Half an emoji \ud83d",
            variation="simpler",
            finish_reason="length",
        )
        await store.finish(done)
        [kept] = await store.tree(head.id)
        assert kept.reasoning.startswith("Half an emoji ")
        assert (kept.variation, kept.finish_reason) == ("simpler", "length")

    async def test_a_whole_conversation_is_inserted_with_all_its_branches(
        self, store: ConversationStore
    ) -> None:
        question = asked()
        first, second = answered("One.", question), answered("Two.", question)
        gone = replace(asked("Gone", second), deleted=True)
        head = a_conversation(leaf_id=first.id, folder="Old", pinned=True, draft="typed")
        messages = [question, first, second, gone]
        assert await store.insert(head, messages) == 4
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.head == head
        assert opened.messages == (question, first)
        assert list(await store.tree(head.id)) == messages

    async def test_inserting_again_adds_what_is_new_and_leaves_the_rest(
        self, world: World, store: ConversationStore
    ) -> None:
        question = asked()
        head = await stored(store, question)
        await store.rename(head.id, "Mine", head.titled)
        later = answered("Light.", question)
        changed = replace(question, text="Something else")
        theirs = replace(head, title="Theirs", leaf_id=later.id)
        other = world.start()
        assert await other.insert(theirs, [changed, later]) == 1
        assert await other.insert(theirs, [changed, later]) == 0
        opened = await store.load(head.id)
        assert opened is not None
        assert (opened.head.title, opened.messages) == ("Mine", (question,))
        assert list(await store.tree(head.id)) == [question, later]

    async def test_messages_of_a_conversation_without_any_are_shown_after_inserting(
        self, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        await store.insert(head, [])
        assert await store.insert(head, [question]) == 1
        assert await shown(store, head) == [question.text]

    async def test_a_copy_with_the_same_ids_costs_neither_conversation_a_message(
        self, store: ConversationStore
    ) -> None:
        question = asked()
        answer, other = answered("One.", question), answered("Two.", question)
        head = await stored(store, question, answer, other)
        copy = replace(head, id=new_id(), leaf_id=answer.id)
        for added in (3, 0):
            assert await store.insert(copy, [question, answer, other]) == added
            assert await shown(store, copy) == ["Why?", "One."]
            assert await shown(store, head) == ["Why?", "Two."]
            assert len(await store.tree(copy.id)) == 3

    async def test_a_copy_is_known_again_when_what_it_was_copied_from_is_gone(
        self, store: ConversationStore
    ) -> None:
        question = asked()
        head = await stored(store, question)
        copy = replace(head, id=new_id(), leaf_id=question.id)
        await store.insert(copy, [question])
        await store.delete(head.id)
        later = answered("Light.", question)
        assert await store.insert(copy, [question]) == 0
        assert await store.insert(replace(copy, leaf_id=later.id), [question, later]) == 1
        tree = await store.tree(copy.id)
        assert [message.text for message in tree] == ["Why?", "Light."]
        assert tree[1].parent_id == tree[0].id

    async def test_what_streamed_when_it_was_written_to_a_file_is_inserted_as_interrupted(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation()
        await store.insert(head, [answered("Ligh", None, MessageState.STREAMING)])
        [answer] = await store.tree(head.id)
        assert answer.state is MessageState.INTERRUPTED

    async def test_two_windows_that_branch_at_once_lose_nothing(
        self, world: World, store: ConversationStore
    ) -> None:
        question = asked()
        head = await stored(store, question)
        other = world.start()
        mine, theirs = answered("Mine.", question), answered("Theirs.", question)
        await store.add(head.id, mine)
        await other.add(head.id, theirs)
        await store.set_deleted([theirs.id], True)
        await other.show(head.id, mine.id)
        assert await shown(store, head) == await shown(other, head) == ["Why?", "Mine."]
        await other.set_deleted([theirs.id], False)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.alternatives == {mine.id: (1, 2)}
        assert {m.role for m in opened.messages} == {Role.USER, Role.ASSISTANT}
