"""What every conversation store does; the suite is run on each implementation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

import pytest

from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    Mode,
    Role,
    Titled,
    new_id,
)
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Example
from studybuddy.domain.runs import (
    Citation,
    CodeCall,
    FunctionCall,
    Hit,
    RunDetails,
    RunStatus,
    RunStep,
    SearchCall,
    StepStatus,
)
from studybuddy.domain.usage import MOST_TOKENS, Usage


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


DETAILS = RunDetails(
    "run_1",
    "thread_1",
    "asst_1",
    "Study Buddy",
    RunStatus.COMPLETED,
    (
        Citation(6, 9, "file-1", "optics.pdf", "Light is “a wave”.", 3, 40, 1200, 1217),
        Citation(6, 9, "file-2"),
    ),
    (
        RunStep(
            "step_1",
            StepStatus.COMPLETED,
            (
                SearchCall("call_1", (Hit("file-1", "optics.pdf", "Light\nis \x1b", 0.75),)),
                CodeCall("call_2", "print('学')", "学\n"),
                FunctionCall("call_3", "display_quiz", '{"title": "Q"', None),
                FunctionCall("call_4", "display_quiz", "{}", '["b"]'),
            ),
            usage=Usage(10, 2, 3, 1),
        ),
        RunStep("step_2", StepStatus.FAILED, message_id="msg_1", error="Too long."),
    ),
)


class World(Protocol):
    """One set of data, and instances of the app that share it."""

    clock: Clock

    def start(self) -> ConversationStore:
        """Start an instance."""
        ...

    async def kill(self, store: ConversationStore) -> None:
        """End an instance as `kill -9` would: nothing it had under way is finished."""
        ...


def a_conversation(at: float = 1.0, **changes: object) -> Conversation:
    head = Conversation(new_id(), "Photosynthesis", at, at, system_prompt="Be kind.")
    return replace(head, **changes)  # type: ignore[arg-type]


def asked(text: str = "Why?", parent: Message | None = None, at: float = 1.0) -> Message:
    return Message(new_id(), Role.USER, text, at, parent.id if parent else None)


def answered(
    text: str, parent: Message | None, state: MessageState = MessageState.COMPLETE
) -> Message:
    return Message(
        new_id(), Role.ASSISTANT, text, 2.0, parent.id if parent else None, state, "small"
    )


def key_of(head: Conversation) -> tuple[bool, float, str]:
    return head.pinned, head.updated_at, head.id


class ConversationStoreContract:
    """Subclasses give the fixture `world`."""

    @pytest.fixture
    def store(self, world: World) -> ConversationStore:
        return world.start()

    async def test_a_conversation_comes_back_as_it_was_saved(
        self, store: ConversationStore
    ) -> None:
        head = Conversation(
            new_id(),
            "Zoë 🎓",
            1.5,
            2.5,
            Mode.ASSISTANT,
            "Be\nkind.",
            "lab",
            "m-1",
            None,
            "a dra",
            "thread_1",
            "asst_1",
            "Tutor 学",
            300,
            Overflow.DROP,
            Titled.MODEL,
            True,
            False,
            "Biology 🌱",
            None,
            "Socratic",
            (Example("Why?", "What do\nyou think?"), Example('"', "")),
            "m-1:3",
        )
        await store.save(head)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.head == head
        assert opened.messages == ()
        assert await store.recent(10) == [head]

    async def test_a_conversation_that_is_not_there_is_none(self, store: ConversationStore) -> None:
        assert await store.load(new_id()) is None

    async def test_messages_come_back_whole_and_oldest_first(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation()
        await store.save(head)
        question = asked("What is\n\tlight? \x1b[31m\0 학생")
        answer = replace(answered("A wave.", question), usage=Usage(10, 5, 4, 3, 2), kept=True)
        answer = replace(answer, reasoning="Hm 학.", variation="simpler", finish_reason="length")
        failed = replace(answered("", answer, MessageState.FAILED), error="No network.")
        await store.add(head.id, question, answer)
        await store.add(head.id, failed)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question, answer, failed)
        assert opened.head.leaf_id == failed.id

    async def test_only_the_branch_of_the_leaf_is_shown_and_the_other_stays(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation()
        await store.save(head)
        question = asked()
        first, second = answered("One.", question), answered("Two.", question)
        await store.add(head.id, question, first)
        await store.add(head.id, second)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question, second)
        follow_up = asked("And?", first)
        await store.add(head.id, follow_up)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question, first, follow_up)

    async def test_saving_a_head_again_leaves_the_draft_and_the_leaf_alone(
        self, world: World, store: ConversationStore
    ) -> None:
        stale = a_conversation()
        await store.save(stale)
        other = world.start()
        question = asked()
        await other.add(stale.id, question)
        await other.save_draft(stale.id, "typed elsewhere")
        await store.save(replace(stale, endpoint="lab", model="m", draft="old"))
        opened = await store.load(stale.id)
        assert opened is not None
        assert opened.messages == (question,)
        assert (opened.head.endpoint, opened.head.model) == ("lab", "m")
        assert opened.head.draft == "typed elsewhere"
        assert opened.head.updated_at == world.clock.now

    async def test_a_conversation_moves_up_with_each_message_and_the_end_of_an_answer(
        self, world: World, store: ConversationStore
    ) -> None:
        older, newer = a_conversation(1.0), a_conversation(2.0)
        await store.save(older)
        await store.save(newer)
        question = asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.add(older.id, question, answer)
        assert [head.id for head in await store.recent(10)] == [older.id, newer.id]
        assert (await store.recent(1))[0].updated_at == 1000.0
        world.clock.now = 1005.0
        await store.finish(replace(answer, state=MessageState.COMPLETE))
        assert (await store.recent(1))[0].updated_at == 1005.0

    async def test_a_draft_is_kept_and_does_not_move_its_conversation(
        self, store: ConversationStore
    ) -> None:
        older, newer = a_conversation(1.0), a_conversation(2.0)
        await store.save(older)
        await store.save(newer)
        await store.save_draft(older.id, "half a thou")
        await store.save_draft(new_id(), "for no one")
        first, second = await store.recent(10)
        assert (first.id, second.id) == (newer.id, older.id)
        assert second.draft == "half a thou"

    async def test_pages_of_conversations_join_without_gap_or_double(
        self, store: ConversationStore
    ) -> None:
        heads = [
            a_conversation(at=float(number // 3), pinned=number % 6 == 1) for number in range(20)
        ]
        for head in heads:
            await store.save(head)
        seen: list[Conversation] = []
        key = None
        while page := await store.recent(6, key):
            seen += page
            key = key_of(page[-1])
        assert seen == sorted(heads, key=key_of, reverse=True)

    async def test_the_conversations_of_one_mode_are_listed_alone_and_in_pages(
        self, store: ConversationStore
    ) -> None:
        modes = (Mode.COMPLETION, Mode.ASSISTANT)
        heads = [a_conversation(float(number), mode=modes[number % 2]) for number in range(8)]
        for head in heads:
            await store.save(head)
        for wanted in modes:
            mine = [head for head in reversed(heads) if head.mode is wanted]
            page = await store.recent(3, mode=wanted)
            assert page == mine[:3]
            assert await store.recent(3, key_of(page[-1]), wanted) == mine[3:]

    async def test_a_conversation_can_be_given_a_thread_and_another_assistant(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation(mode=Mode.ASSISTANT)
        await store.save(head)
        await store.set_assistant(head.id, "asst_2", "Math")
        await store.set_assistant(new_id(), "asst_3", "Nobody")
        assert await store.set_thread(head.id, "thread_1")
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.head == replace(
            head, thread_id="thread_1", assistant_id="asst_2", assistant_name="Math"
        )

    async def test_the_limits_of_a_conversation_are_changed_and_lifted(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation(max_completion_tokens=9, overflow=Overflow.DROP)
        await store.save(head)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.head == head
        for limits in ((200, Overflow.SUMMARISE), (None, Overflow.REFUSE), (50, None)):
            head = replace(head, max_completion_tokens=limits[0], overflow=limits[1])
            await store.set_limits(head.id, *limits)
            await store.set_limits(new_id(), 1, Overflow.DROP)
            opened = await store.load(head.id)
            assert opened is not None
            assert opened.head == head

    async def test_saving_a_head_again_leaves_the_limits_that_another_window_set(
        self, world: World, store: ConversationStore
    ) -> None:
        stale = a_conversation()
        await store.save(stale)
        await world.start().set_limits(stale.id, 77, Overflow.REFUSE)
        await store.save(replace(stale, model="m"))
        opened = await store.load(stale.id)
        assert opened is not None
        assert (opened.head.model, opened.head.max_completion_tokens) == ("m", 77)
        assert opened.head.overflow is Overflow.REFUSE

    async def test_a_message_is_pinned_and_stays_so_when_it_is_finished(
        self, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        await store.pin(answer.id, True)
        await store.pin(question.id, True)
        await store.pin(question.id, False)
        await store.pin(new_id(), True)
        await store.finish(replace(answer, text="A wave.", state=MessageState.COMPLETE))
        opened = await store.load(head.id)
        assert opened is not None
        assert [message.pinned for message in opened.messages] == [False, True]

    async def test_that_an_answer_is_a_kept_one_may_be_known_only_at_its_end(
        self, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        await store.finish(replace(answer, state=MessageState.COMPLETE, kept=True))
        opened = await store.load(head.id)
        assert opened is not None
        assert [message.kept for message in opened.messages] == [False, True]

    async def test_a_number_of_tokens_that_no_request_has_does_not_cost_the_answer(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation()
        await store.save(head)
        told = Usage(2**63, -1, 2**200, 0, 5)
        answer = replace(answered("A wave.", None), usage=told)
        await store.add(head.id, answer)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages[0].text == "A wave."
        assert opened.messages[0].usage in (told, Usage(MOST_TOKENS, 0, MOST_TOKENS, 0, 5))

    async def test_what_a_run_left_with_its_answer_comes_back_whole(
        self, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        done = replace(answer, text="A wave【1】.", state=MessageState.COMPLETE, details=DETAILS)
        await store.finish(done)
        at_once = replace(answered("And so on.", done), details=RunDetails("run_2", "thread_1"))
        await store.add(head.id, at_once)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question, done, at_once)

    async def test_a_journaled_answer_is_read_as_far_as_it_came(
        self, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        await store.journal(answer.id, "Light is")
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages[-1] == replace(answer, text="Light is")

    async def test_what_is_thought_is_journaled_too(self, store: ConversationStore) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        await store.journal(answer.id, "", "Hm, light")
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages[-1] == replace(answer, reasoning="Hm, light")

    async def test_the_journal_touches_no_answer_that_is_finished(
        self, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        done = replace(
            answer,
            text="Light is a wave.",
            state=MessageState.STOPPED,
            model="small-2",
            error="Stopped.",
            usage=Usage(3, 4),
        )
        await store.finish(done)
        await store.journal(answer.id, "Light")
        await store.journal(question.id, "not streaming")
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question, done)

    async def test_an_answer_of_an_instance_that_is_gone_is_interrupted(
        self, world: World, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        await store.journal(answer.id, "Light is")
        await world.kill(store)
        for _ in range(2):
            opened = await world.start().load(head.id)
            assert opened is not None
            assert opened.messages[-1] == replace(
                answer, text="Light is", state=MessageState.INTERRUPTED
            )

    async def test_an_answer_that_another_instance_still_streams_is_left_to_it(
        self, world: World, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        other = world.start()
        opened = await other.load(head.id)
        assert opened is not None
        assert opened.messages[-1].state is MessageState.STREAMING
        await store.journal(answer.id, "Still here")
        done = replace(answer, text="Still here.", state=MessageState.COMPLETE)
        await store.finish(done)
        await world.kill(store)
        opened = await other.load(head.id)
        assert opened is not None
        assert opened.messages[-1] == done

    async def test_the_conversation_on_screen_is_remembered_by_the_next_instance(
        self, world: World, store: ConversationStore
    ) -> None:
        assert await store.last_opened() is None
        first, second = a_conversation(), a_conversation()
        await store.save(first)
        await store.save(second)
        await store.mark_opened(first.id)
        await store.mark_opened(second.id)
        assert await world.start().last_opened() == second.id
        await store.delete(second.id)
        assert await store.last_opened() is None

    async def test_prompts_are_recalled_once_each_and_newest_first(
        self, store: ConversationStore
    ) -> None:
        one, two = a_conversation(), a_conversation()
        await store.save(one)
        await store.save(two)
        await store.add(one.id, asked("first", at=1.0), asked("again", at=2.0))
        await store.add(two.id, asked("other", at=3.0), answered("not mine", None))
        await store.add(one.id, asked("again", at=4.0), asked("last", at=4.0))
        assert await store.recent_prompts(10) == ["last", "again", "other", "first"]
        assert await store.recent_prompts(2) == ["last", "again"]

    async def test_a_deleted_conversation_takes_its_messages_along_and_no_others(
        self, store: ConversationStore
    ) -> None:
        gone, kept = a_conversation(), a_conversation()
        await store.save(gone)
        await store.save(kept)
        lost, found = asked("lost"), asked("found")
        await store.add(gone.id, lost)
        await store.add(kept.id, found)
        await store.delete(gone.id)
        await store.delete(gone.id)
        assert await store.load(gone.id) is None
        assert await store.recent(10) == [(await store.recent(1))[0]]
        assert await store.recent_prompts(10) == ["found"]
        opened = await store.load(kept.id)
        assert opened is not None
        assert opened.messages == (found,)

    async def test_what_streams_into_a_deleted_conversation_ends_quietly(
        self, store: ConversationStore
    ) -> None:
        head, question = a_conversation(), asked()
        answer = answered("", question, MessageState.STREAMING)
        await store.save(head)
        await store.add(head.id, question, answer)
        await store.delete(head.id)
        await store.journal(answer.id, "Light")
        await store.finish(replace(answer, state=MessageState.COMPLETE))
        assert await store.load(head.id) is None

    async def test_a_question_to_a_deleted_conversation_is_refused_and_not_lost_in_silence(
        self, store: ConversationStore
    ) -> None:
        with pytest.raises(StudyBuddyError) as caught:
            await store.add(new_id(), asked())
        assert caught.value.problem.kind is ProblemKind.STORAGE
        assert await store.recent_prompts(10) == []

    async def test_messages_are_added_all_or_none(self, store: ConversationStore) -> None:
        head, question = a_conversation(), asked()
        await store.save(head)
        await store.add(head.id, question)
        with pytest.raises(StudyBuddyError):
            await store.add(head.id, answered("new", question), question)
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages == (question,)
        assert opened.head.leaf_id == question.id

    async def test_half_of_an_emoji_does_not_stop_the_rest_from_being_kept(
        self, store: ConversationStore
    ) -> None:
        head = a_conversation(title="cut \ud83d")
        await store.save(head)
        question = asked("before \ud83d after")
        answer = answered("", question, MessageState.STREAMING)
        await store.add(head.id, question, answer)
        await store.journal(answer.id, "so far \udf93")
        await store.save_draft(head.id, "draft \ud83d")
        search = SearchCall("call_1", (Hit("file-1", "notes.md", "found \ud83d"),))
        details = RunDetails(
            "run_1", "thread_1", steps=(RunStep("step_1", StepStatus.COMPLETED, (search,)),)
        )
        done = replace(answer, state=MessageState.COMPLETE, details=details)
        await store.finish(replace(done, text="the end \ud83d"))
        opened = await store.load(head.id)
        assert opened is not None
        assert opened.messages[0].text.startswith("before ")
        assert opened.messages[0].text.endswith(" after")
        assert opened.messages[1].text.startswith("the end")
        assert opened.messages[1].details is not None
        assert opened.head.draft.startswith("draft ")

    async def test_calls_at_once_all_come_true(self, store: ConversationStore) -> None:
        heads = [a_conversation(float(number)) for number in range(20)]
        await asyncio.gather(*(store.save(head) for head in heads))
        await asyncio.gather(*(store.add(head.id, asked(head.id)) for head in heads))
        opened = await asyncio.gather(*(store.load(head.id) for head in heads))
        assert [found and found.messages[0].text for found in opened] == [h.id for h in heads]
