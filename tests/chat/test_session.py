"""One conversation's life, without a terminal, a wire or a disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace

import pytest

from studybuddy.chat.heads import new_conversation, title_from
from studybuddy.chat.limits import Limits
from studybuddy.chat.session import ChatSession
from studybuddy.domain.endpoints import Model
from studybuddy.domain.events import (
    StatusChanged,
    TextDelta,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from studybuddy.domain.messages import MessageState, OpenConversation, Role
from studybuddy.domain.phases import Phase
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.usage import Usage
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.scripted_provider import (
    ENDPOINT,
    ScriptedConnector,
    ScriptedProvider,
    Step,
    says,
)

REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Paste another.")
BUSY = Problem(ProblemKind.RATE_LIMITED, "Too many requests.", transient=True, retry_after=0)


class Chat:
    """A session with what is behind it."""

    def __init__(
        self, *scripts: Sequence[Step], system_prompt: str = "", limits: Limits | None = None
    ) -> None:
        self.store = MemoryConversationStore()
        self.provider = ScriptedProvider(*scripts)
        self.connector = ScriptedConnector(self.provider)
        self.session = ChatSession(
            OpenConversation(new_conversation(system_prompt)),
            self.store,
            self.connector,
            limits,
            new=True,
        )

    async def send(self, text: str) -> list[TurnEvent]:
        return [event async for event in self.session.send(text, ENDPOINT)]

    async def retry(self) -> list[TurnEvent]:
        return [event async for event in self.session.retry(ENDPOINT)]

    async def stored(self) -> list[tuple[Role, str, MessageState]]:
        opened = await self.store.load(self.session.head.id)
        assert opened is not None
        return [(m.role, m.text, m.state) for m in opened.messages]

    def asked(self, request: int) -> list[str]:
        return [text for _, text in self.provider.requests[request].messages]


async def until(events: AsyncGenerator[TurnEvent], kind: type) -> TurnEvent:
    async for event in events:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__}")


async def test_an_answer_is_streamed_stored_and_said_to_be_finished() -> None:
    chat = Chat(says("Because of scattering."))
    events = await chat.send("Why is the sky blue?")
    assert isinstance(events[0], TurnStarted)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Because of scattering."
    assert isinstance(events[-1], TurnFinished)
    assert await chat.stored() == [
        (Role.USER, "Why is the sky blue?", MessageState.COMPLETE),
        (Role.ASSISTANT, "Because of scattering.", MessageState.COMPLETE),
    ]
    assert chat.session.head.title == "Why is the sky blue?"


async def test_the_question_is_stored_before_the_request_leaves() -> None:
    gate = asyncio.Event()
    chat = Chat([gate, *says("Late.")])
    events = chat.session.send("First?", ENDPOINT)
    await until(events, TurnStarted)
    assert (await chat.stored())[0] == (Role.USER, "First?", MessageState.COMPLETE)
    assert chat.provider.requests == []
    gate.set()
    await until(events, TurnFinished)


async def test_every_turn_sends_the_history_and_the_system_prompt_again() -> None:
    chat = Chat(says("One."), says("Two."), system_prompt="Be kind.")
    await chat.send("First?")
    await chat.send("Second?")
    assert chat.asked(1) == ["Be kind.", "First?", "One.", "Second?"]


async def test_the_answer_is_journaled_while_it_streams() -> None:
    gate = asyncio.Event()
    chat = Chat([TextDelta("Half an "), gate, *says("answer.")])
    events = chat.session.send("Well?", ENDPOINT)
    await until(events, TextDelta)
    async with asyncio.timeout(5):
        while (await chat.stored())[1][1] != "Half an ":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await chat.stored())[1][2] is MessageState.STREAMING
    gate.set()
    await until(events, TurnFinished)
    assert (await chat.stored())[1][1] == "Half an answer."


async def test_after_a_kill_the_answer_shows_what_was_journaled_as_interrupted() -> None:
    gate = asyncio.Event()
    chat = Chat([TextDelta("So far"), gate])
    events = chat.session.send("Well?", ENDPOINT)
    await until(events, TextDelta)
    async with asyncio.timeout(5):
        while (await chat.stored())[1][1] != "So far":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    data: MemoryData = chat.store.data
    data.running.clear()
    reopened = await MemoryConversationStore(data).load(chat.session.head.id)
    assert reopened is not None
    assert (reopened.messages[1].text, reopened.messages[1].state) == (
        "So far",
        MessageState.INTERRUPTED,
    )
    await chat.session.stop()


async def test_stopping_keeps_what_came_and_leaves_the_turn_out_of_the_context() -> None:
    gate = asyncio.Event()
    chat = Chat([TextDelta("I was say"), gate], says("Sure."))
    events = chat.session.send("Talk!", ENDPOINT)
    await until(events, TextDelta)
    await chat.session.stop()
    assert isinstance(await until(events, TurnFinished), TurnFinished)
    assert (await chat.stored())[1] == (Role.ASSISTANT, "I was say", MessageState.STOPPED)
    assert chat.provider.abandoned == 1
    await chat.send("Again?")
    assert chat.asked(1) == ["Again?"]


async def test_an_answer_that_is_stopped_or_fails_keeps_the_model_that_was_asked() -> None:
    nameless = replace(ENDPOINT, model="")
    gate = asyncio.Event()
    limits = Limits.none()
    chat = Chat([REFUSED], [REFUSED], [TextDelta("Some"), gate], limits=limits)
    assert [event async for event in chat.session.send("One?", nameless)]
    limits.accounts.names.listed(nameless, [Model("listed-model")])
    assert [event async for event in chat.session.retry(nameless)]
    events = chat.session.send("Talk!", nameless)
    await until(events, TextDelta)
    await chat.session.stop()
    assert [event async for event in events]
    models = [m.model for m in await chat.store.tree(chat.session.head.id) if m.text or m.error]
    assert [m for m in models if m] == ["listed-model", "listed-model"]


async def test_a_consumer_that_goes_away_closes_the_request_and_keeps_what_came() -> None:
    gate = asyncio.Event()
    chat = Chat([TextDelta("Some"), gate])
    events = chat.session.send("Talk!", ENDPOINT)
    await until(events, TextDelta)
    await events.aclose()
    assert (await chat.stored())[1] == (Role.ASSISTANT, "Some", MessageState.STOPPED)
    assert not chat.session.busy


async def test_stopping_before_the_request_is_made_ends_the_turn_too() -> None:
    chat = Chat(says("Never."))
    events = chat.session.send("Talk!", ENDPOINT)
    await until(events, TurnStarted)
    stopping = asyncio.create_task(chat.session.stop())
    event = await until(events, TurnFinished)
    await stopping
    assert isinstance(event, TurnFinished)
    assert event.answer.state in (MessageState.STOPPED, MessageState.COMPLETE)


async def test_a_failure_is_told_and_its_text_never_enters_the_context() -> None:
    chat = Chat([REFUSED], says("Hello."))
    failed = (await chat.send("Hi!"))[-1]
    assert isinstance(failed, TurnFailed)
    assert failed.problem is REFUSED
    assert failed.answer.error == "The key was refused. Paste another."
    await chat.send("Hi again!")
    assert chat.asked(1) == ["Hi again!"]


async def test_a_question_that_came_to_nothing_stays_where_another_is_asked() -> None:
    chat = Chat([REFUSED], says("Two."))
    await chat.send("First?")
    await chat.send("Second?")
    assert [text for _, text, _ in await chat.stored()] == ["First?", "", "Second?", "Two."]
    assert chat.asked(1) == ["Second?"]


async def test_a_question_that_came_to_nothing_is_replaced_where_it_is_asked_again() -> None:
    chat = Chat(says("One."), [REFUSED], says("Two."))
    await chat.send("First?")
    failed = (await chat.send("Second?"))[0]
    started = (await chat.send("Second?"))[0]
    assert isinstance(failed, TurnStarted)
    assert isinstance(started, TurnStarted)
    assert started.question.id == failed.question.id
    assert started.replaced == (failed.answer.id,)
    assert [text for _, text, _ in await chat.stored()] == ["First?", "One.", "Second?", "Two."]


async def test_a_cut_answer_stays_visible_when_the_next_question_is_asked() -> None:
    cut = Problem(ProblemKind.CUT_OFF, "The answer broke off.", transient=True)
    chat = Chat([TextDelta("Half"), cut], says("Whole."))
    failed = (await chat.send("Well?"))[-1]
    assert isinstance(failed, TurnFailed)
    assert failed.answer.text == "Half"
    await chat.send("And now?")
    assert [text for _, text, _ in await chat.stored()] == ["Well?", "Half", "And now?", "Whole."]
    assert chat.asked(1) == ["And now?"]


async def test_what_passes_by_itself_is_tried_again_and_said_so() -> None:
    chat = Chat([BUSY], [BUSY], says("At last."))
    events = await chat.send("Please?")
    retrying = [e for e in events if isinstance(e, StatusChanged) and e.phase is Phase.RETRYING]
    assert [event.detail for event in retrying] == ["Too many requests."] * 2
    assert isinstance(events[-1], TurnFinished)


async def test_an_answer_that_has_begun_is_not_asked_for_again_by_itself() -> None:
    chat = Chat([TextDelta("Half"), BUSY], says("Never asked."))
    assert isinstance((await chat.send("Please?"))[-1], TurnFailed)
    assert len(chat.provider.requests) == 1


async def test_retrying_asks_the_same_question_and_keeps_the_answer_before_in_the_store() -> None:
    chat = Chat(says("Bad."), says("Better."))
    await chat.send("Well?")
    started = (await chat.retry())[0]
    assert isinstance(started, TurnStarted)
    assert [m.text for m in chat.session.messages] == ["Well?", "Better."]
    assert chat.asked(1) == ["Well?"]
    assert {m.text for _, m in chat.store.data.messages.values()} == {"Well?", "Bad.", "Better."}


async def test_retrying_with_no_question_is_refused() -> None:
    with pytest.raises(ValueError, match="no question"):
        await Chat().retry()


async def test_a_disk_that_fails_stops_the_turn_before_the_request() -> None:
    chat = Chat(says("Never."))
    chat.store.failing = Problem(ProblemKind.STORAGE, "The disk is full.")
    events = await chat.send("Hi!")
    assert [type(event) for event in events] == [TurnFailed]
    assert chat.provider.requests == []
    assert chat.session.messages == []
    assert not chat.session.busy


async def test_usage_is_stored_with_the_answer() -> None:
    usage = Usage(prompt=20, completion=4)
    chat = Chat([*says("Four.")[:-1], UsageReported(usage), says("")[-1]])
    await chat.send("2+2?")
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    assert opened.messages[1].usage == usage


async def test_a_bug_in_a_provider_ends_in_a_sentence_and_not_in_a_traceback() -> None:
    class Broken(ScriptedProvider):
        async def stream(self, request: object) -> AsyncIterator[TextDelta]:  # type: ignore[override]
            raise KeyError("oops")
            yield TextDelta("")

    chat = Chat()
    chat.connector.provider = Broken()
    failed = (await chat.send("Hi!"))[-1]
    assert isinstance(failed, TurnFailed)
    assert "oops" not in failed.answer.error


async def test_a_new_conversation_exists_from_its_first_typed_word() -> None:
    chat = Chat()
    await chat.session.save_draft("")
    assert await chat.store.recent(10) == []
    await chat.session.save_draft("Half a thou")
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    assert opened.head.draft == "Half a thou"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is a hash?", "What is a hash?"),
        ("\n\n  two lines\nmore", "two lines"),
        ("word " * 40, " ".join(["word"] * 12) + "…"),
        ("   ", ""),
    ],
)
def test_the_title_is_the_first_line_cut_at_a_word(question: str, title: str) -> None:
    assert title_from(question) == title
