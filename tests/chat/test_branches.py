"""Branches of a conversation in completion mode: made, walked, deleted and brought back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from studybuddy.chat.session import ChatSession, new_conversation
from studybuddy.domain.events import (
    ReasoningDelta,
    StatusChanged,
    TextDelta,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)
from studybuddy.domain.messages import MessageState, OpenConversation, Role, Titled
from studybuddy.domain.ports import CompletionFinished
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Example, Persona
from studybuddy.domain.variations import CONTINUED, SIMPLER
from tests.support.memory_store import MemoryConversationStore
from tests.support.scripted_provider import (
    ENDPOINT,
    ScriptedConnector,
    ScriptedProvider,
    Step,
    says,
)

REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Paste another.")
BROKEN = Problem(ProblemKind.STORAGE, "The disk is full.")


class Chat:
    """A session with what is behind it."""

    def __init__(self, *scripts: Sequence[Step], session: ChatSession | None = None) -> None:
        self.store = MemoryConversationStore()
        self.provider = ScriptedProvider(*scripts)
        self.connector = ScriptedConnector(self.provider)
        opened = OpenConversation(new_conversation())
        self.session = session or ChatSession(opened, self.store, self.connector, new=True)

    async def ask(self, *texts: str) -> None:
        for text in texts:
            await read(self.session.send(text, ENDPOINT))

    async def again(self, place: int = -1, **how: object) -> list[TurnEvent]:
        message_id = self.session.messages[place].id
        return await read(self.session.retry(ENDPOINT, message_id=message_id, **how))  # type: ignore[arg-type]

    async def edit(self, place: int, text: str) -> list[TurnEvent]:
        return await read(self.session.edit(self.session.messages[place].id, text, ENDPOINT))

    async def walk(self, place: int, by: int) -> bool:
        return await self.session.show_alternative(self.session.messages[place].id, by)

    @property
    def shown(self) -> list[str]:
        return [message.text for message in self.session.messages]

    @property
    def versions(self) -> dict[str, tuple[int, int]]:
        """By their texts."""
        texts = {message.id: message.text for message in self.session.messages}
        return {texts[name]: place for name, place in self.session.alternatives.items()}

    async def stored(self) -> list[str]:
        opened = await self.store.load(self.session.head.id)
        assert opened is not None
        assert dict(opened.alternatives) == dict(self.session.alternatives)
        assert [m.id for m in opened.messages] == [m.id for m in self.session.messages]
        return [message.text for message in opened.messages]

    def asked(self, request: int) -> list[str]:
        return [text for _, text in self.provider.requests[request].messages]


async def read(events: AsyncGenerator[TurnEvent]) -> list[TurnEvent]:
    return [event async for event in events]


async def a_chat(*scripts: Sequence[Step]) -> Chat:
    """Two turns, "a" and "b", that were answered with "A" and "B"."""
    chat = Chat(says("A"), says("B"), *scripts)
    await chat.ask("a", "b")
    return chat


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


async def test_a_cut_answer_goes_on_in_one_beside_it() -> None:
    chat = Chat(says("The sky is", "length"), says("is blue."), says("C"))
    await chat.ask("a")
    cut = chat.session.messages[-1]
    assert (cut.finish_reason, chat.session.can_go_on) == ("length", True)
    events = await read(chat.session.go_on(ENDPOINT))
    started = events[0]
    assert isinstance(started, TurnStarted)
    assert (started.answer.text, started.replaced) == ("The sky is", (cut.id,))
    assert chat.asked(1) == ["a", "The sky is", CONTINUED.instruction]
    added = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "The sky is" + added == "The sky is is blue."
    answer = chat.session.messages[-1]
    assert (answer.text, answer.variation) == ("The sky is is blue.", "continued")
    assert not chat.session.can_go_on
    assert chat.versions == {"The sky is is blue.": (2, 2)}
    await chat.ask("c")
    assert chat.asked(2) == ["a", "The sky is is blue.", "c"]
    await chat.walk(1, -1)
    assert chat.shown == await chat.stored() == ["a", "The sky is"]


async def test_what_is_said_again_where_an_answer_goes_on_is_left_out() -> None:
    chat = Chat([TextDelta("The sky is blue"), REFUSED], says("is blue because of scattering."))
    await chat.ask("a")
    await read(chat.session.go_on(ENDPOINT))
    assert chat.shown == await chat.stored() == ["a", "The sky is blue because of scattering."]


async def test_what_came_of_going_on_is_kept_where_it_fails_and_can_be_gone_on_with() -> None:
    cut = [TextDelta("One"), REFUSED]
    chat = Chat(cut, [TextDelta(" two"), REFUSED], [REFUSED], says("three."))
    await chat.ask("a")
    await read(chat.session.go_on(ENDPOINT))
    assert chat.shown == await chat.stored() == ["a", "One two"]
    ended = (await read(chat.session.go_on(ENDPOINT)))[-1]
    assert isinstance(ended, TurnFailed)
    assert ended.back
    assert chat.shown == await chat.stored() == ["a", "One two"]
    assert chat.versions == {"One two": (2, 3)}
    await read(chat.session.go_on(ENDPOINT))
    assert chat.shown == await chat.stored() == ["a", "One two three."]


async def test_a_whole_answer_is_not_gone_on_with() -> None:
    chat = await a_chat([REFUSED])
    assert not chat.session.can_go_on
    with pytest.raises(ValueError, match="go on"):
        chat.session.go_on(ENDPOINT)
    await chat.ask("c")
    assert not chat.session.can_go_on  # there is nothing of it


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
            assert not await chat.session.show_alternative(place, -1)
            with pytest.raises(ValueError, match="under way"):
                await chat.session.delete_message(place)
            with pytest.raises(ValueError, match="under way"):
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


async def test_thoughts_are_told_kept_and_never_sent() -> None:
    chat = Chat([ReasoningDelta("Hm, "), ReasoningDelta("so."), *says("A")], says("B"))
    events = await read(chat.session.send("a", ENDPOINT))
    assert [event.text for event in events if isinstance(event, ReasoningDelta)] == ["Hm, ", "so."]
    await chat.ask("b")
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    assert [m.reasoning for m in opened.messages] == ["", "Hm, so.", "", ""]
    assert opened.messages[1].finish_reason == "stop"
    assert chat.asked(1) == ["a", "A", "b"]


async def test_thoughts_of_an_attempt_that_failed_are_not_those_of_the_answer() -> None:
    busy = Problem(ProblemKind.RATE_LIMITED, "Too many.", transient=True, retry_after=0)
    chat = Chat([ReasoningDelta("Lost."), busy], [ReasoningDelta("Hm."), *says("A")])
    await chat.ask("a")
    assert chat.session.messages[-1].reasoning == "Hm."


async def test_a_persona_brings_its_prompt_and_examples_until_the_prompt_is_another() -> None:
    chat = Chat(says("A"), says("B"), says("C"))
    shots = (Example("1+1?", "2"),)
    await chat.session.set_persona(Persona("Tutor", system_prompt="Ask.", examples=shots))
    await chat.ask("a")
    assert chat.asked(0) == ["Ask.", "1+1?", "2", "a"]
    assert chat.session.context()[:3] == chat.provider.requests[0].messages[:3]
    await chat.session.set_system_prompt("Ask.")
    assert chat.session.head.persona == "Tutor"
    await chat.session.set_system_prompt("Ask me.")
    assert (chat.session.head.persona, chat.session.head.examples) == ("", shots)
    await chat.session.set_system_prompt("")
    assert chat.session.head.examples == ()
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    assert (opened.head.system_prompt, opened.head.examples) == ("", ())


async def test_a_title_that_was_stored_is_taken_over() -> None:
    chat = await a_chat()
    chat.session.renamed("Colours", Titled.STUDENT)
    assert (chat.session.head.title, chat.session.head.titled) == ("Colours", Titled.STUDENT)


async def test_reported_thoughts_alone_are_no_answer_to_stay_with() -> None:
    chat = await a_chat([ReasoningDelta("Hm."), REFUSED])
    ended = (await chat.again())[-1]
    assert isinstance(ended, TurnFailed)
    assert ended.back
    assert await chat.walk(-1, 1)
    assert chat.session.messages[-1].reasoning == "Hm."


async def test_an_answer_that_says_it_is_whole_with_no_more_words_is_that() -> None:
    nothing: list[Step] = [CompletionFinished("stop", ENDPOINT.model)]
    chat = Chat(says("All of it", "length"), nothing)
    await chat.ask("a")
    await read(chat.session.go_on(ENDPOINT))
    last = chat.session.messages[-1]
    assert (last.text, last.state) == ("All of it", MessageState.COMPLETE)
