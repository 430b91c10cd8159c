"""What a model thinks before it answers, and who it is to be."""

from __future__ import annotations

import asyncio

from studybuddy.domain.events import (
    ReasoningDelta,
    TurnFailed,
)
from studybuddy.domain.messages import Titled
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.prompts import Example, Persona
from tests.support.branching import REFUSED, Chat, a_chat, read
from tests.support.scripted_provider import ENDPOINT, says


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


async def test_thoughts_are_journaled_while_they_come() -> None:
    gate = asyncio.Event()
    chat = Chat([ReasoningDelta("Hm."), gate, *says("A")])
    reading = asyncio.create_task(read(chat.session.send("a", ENDPOINT)))
    async with asyncio.timeout(5):
        while True:
            opened = await chat.store.load(chat.session.head.id)
            if opened is not None and opened.messages[-1].reasoning == "Hm.":
                break
            await asyncio.sleep(0.02)
    gate.set()
    await reading
    assert chat.session.messages[-1].reasoning == "Hm."
