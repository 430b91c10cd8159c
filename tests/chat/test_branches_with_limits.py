"""Branches of conversations that are near their limits, and answers that are kept."""

from __future__ import annotations

from dataclasses import replace

from studybuddy.domain.events import ContextFitted, TurnRefused
from studybuddy.domain.metering import PartKind
from studybuddy.domain.prompts import Example
from studybuddy.domain.variations import CONTINUED, SIMPLER
from tests.chat.test_session_limits import DROP, KEEPING, Chat, words
from tests.support.branching import read
from tests.support.limited import of_window
from tests.support.scripted_provider import ENDPOINT, says


async def test_question_and_answer_stay_where_room_is_made_for_a_variation() -> None:
    chat = Chat(facts=of_window(290, 100))
    await chat.send(words("one"))
    await chat.send(words("two"))
    refused = await read(chat.session.retry(ENDPOINT, variation=SIMPLER))
    assert isinstance(refused[-1], TurnRefused)
    assert len(chat.session.messages) == 4
    events = await read(chat.session.retry(ENDPOINT, DROP, variation=SIMPLER))
    assert ContextFitted(dropped=2) in events
    assert chat.asked() == ["two", "so", SIMPLER.instruction.split()[0]]


async def test_an_edited_question_is_given_the_answer_that_was_kept_and_going_on_keeps_none() -> (
    None
):
    chat = Chat(says("A"), says("B", "length"), says("more"), says("C"), settings=KEEPING)
    await chat.send("a")
    await chat.send("b")
    await read(chat.session.edit(chat.session.messages[2].id, "a", ENDPOINT))
    assert len(chat.provider.requests) == 3
    question = chat.session.messages[0].id
    await read(chat.session.edit(question, "a2", ENDPOINT))
    await read(chat.session.edit(chat.session.messages[0].id, "a", ENDPOINT))
    assert chat.session.messages[-1].kept
    assert chat.session.messages[-1].finish_reason == "stop"
    assert len(chat.provider.requests) == 4


async def test_what_an_answer_goes_on_with_is_no_answer_to_be_given_again() -> None:
    chat = Chat(says("A", "length"), says("more"), settings=KEEPING)
    await chat.send("a")
    await read(chat.session.go_on(ENDPOINT))
    assert chat.asked() == ["a", "A", CONTINUED.instruction.split()[0]]
    assert not chat.parts.answers.answers


async def test_the_detail_has_a_part_for_examples_and_the_parts_add_up() -> None:
    chat = Chat(says("A"), system_prompt="Be kind.")
    shots = (Example("one two?", "three"), Example("four?", "five six seven"))
    chat.session.head = replace(chat.session.head, examples=shots)
    await chat.send("a")
    report = await chat.session.report("b c", ENDPOINT)
    [part] = [part for part in report.parts if part.kind is PartKind.EXAMPLES]
    assert part.count.tokens == 7
    assert part.label.startswith("2 examples: one two?")
    assert "five six seven" in part.text
    assert sum(part.count.tokens for part in report.parts) == report.request.tokens
