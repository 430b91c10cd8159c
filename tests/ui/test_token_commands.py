"""The keys that open what is behind the meter, also while the prompt has the focus."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.assistants import AssistantSpec, Tool
from studybuddy.ui.pinning import pin
from tests.support.run_scripts import Says
from tests.support.scripted_assistants import ScriptedAssistants
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student, limited


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("shift+f4", "What the next request is made of"),
        ("alt+t", "What the next request is made of"),
        ("shift+f5", "Tokens: Draft"),
        ("alt+v", "Tokens: Draft"),
        ("shift+f6", "Usage"),
        ("alt+u", "Usage"),
        ("shift+f9", "Limits of this conversation"),
        ("alt+l", "Limits of this conversation"),
    ],
)
async def test_a_key_opens_it_and_escape_leads_back(keys: str, shown: str) -> None:
    async with Student().at_work() as student:
        await student.type("hello")
        await student.pilot.press(keys)
        await student.until(lambda: shown in student.shown())
        assert student.app.screen is not student.app.chat
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert student.view.prompt.text == "hello"


async def test_messages_are_among_the_texts_that_are_shown_as_tokens() -> None:
    async with Student().at_work() as student:
        await student.ask("What is a token?")
        await student.pilot.press("shift+f5")
        await student.until(lambda: "Tokens: Draft (1 of 4)" in student.shown())
        await student.pilot.press("p")
        await student.until(lambda: "Answer: Hello." in student.shown())


async def test_the_token_view_has_what_there_is_of_an_answer_that_is_coming() -> None:
    gate = asyncio.Event()
    async with Student([*says("Cells divide")[:2], gate, *says("often.")]).at_work() as student:
        student.view.prompt.put("What do cells do?")
        await student.pilot.press("enter")
        await student.until(lambda: "Cells divide" in student.shown())
        await student.pilot.press("alt+v")
        await student.until(lambda: "Tokens: Draft (1 of 4)" in student.shown())
        await student.pilot.press("p")
        await student.until(lambda: "Tokens: Answer: Cells divide (4 of 4)" in student.shown())
        gate.set()
        await student.until(lambda: student.view.turn is None or student.view.turn.over)


def row(student: Student, label: str) -> str:
    """The row of a part in the detail; empty where there is none."""
    return next((line for line in student.shown().split("\n") if label in line), "")


async def test_the_detail_counts_a_turn_under_way_as_inside_and_follows_it_to_its_end() -> None:
    gate = asyncio.Event()
    script = [*says("Cells divide ")[:2], gate, *says("by mitosis.")]
    async with limited(script, window=1000, longest=100).at_work() as student:
        student.view.prompt.put("What do cells do?")
        await student.pilot.press("enter")
        await student.until(lambda: "Cells divide" in student.shown())
        await student.pilot.press("alt+t")
        await student.until(lambda: "inside" in row(student, "You: What do cells do?"))
        assert "inside" in row(student, "Answer: Cells divide")
        assert "left out" not in student.shown()
        assert "So far" not in student.shown()
        gate.set()
        await student.until(lambda: "inside" in row(student, "Answer: Cells divide by mitosis."))
        await student.until(lambda: "So far" in student.shown())


def tutor() -> ScriptedAssistants:
    """A server with an assistant that has instructions and a tool."""
    server = ScriptedAssistants([Says("They divide.")])
    server.shelf.clear()
    tools = frozenset({Tool.FILE_SEARCH})
    server.put(AssistantSpec("Study Buddy", "Be kind to all.", tools=tools))
    return server


async def test_what_an_assistant_is_told_is_shown_as_its_tokens_not_as_another_text() -> None:
    async with limited(window=1000, longest=100, server=tutor()).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("What do cells do?")
        await student.pilot.press("alt+t")
        await student.until(lambda: "▸   Instructions: Be kind to all." in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: " · 15 characters · " in student.shown())
        assert "Tokens: Instructions: Be kind to all." in student.shown()
        await student.pilot.press("escape")
        await student.until(lambda: "▸   Instructions" in student.shown())
        await student.pilot.press("end", "enter")
        await student.until(lambda: "▸   What the chat format adds" in student.shown())
        assert "Enter its tokens" not in student.shown()


async def test_in_assistant_mode_nothing_is_chosen_or_pinned_that_the_server_decides() -> None:
    async with limited(window=1000, server=tutor()).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("What do cells do?")
        await student.pilot.press("f6", "asterisk")
        await student.until(lambda: "the server decides what fits" in student.told())
        assert not any(message.pinned for message in student.view.session.messages)
        await student.pilot.press("alt+l")
        await student.until(lambda: "The server decides what fits" in student.shown())
        assert "oldest turns" not in student.shown()
        await student.pilot.press("7", "f9")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert student.view.session.head.max_completion_tokens == 7
        await student.pilot.press("alt+t")
        await student.until(lambda: "Instructions" in student.shown())
        await student.pilot.press("end", "up", "asterisk")
        await student.until(lambda: "Nothing can be pinned here" in student.shown())


async def test_a_message_pinned_before_it_became_a_thread_can_be_let_go() -> None:
    async with limited(window=1000, server=tutor()).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("What do cells do?")
        session = student.view.session
        await session.pin(session.messages[0].id, True)
        await pin(student.view, session.messages[0].id, False)
        assert not session.messages[0].pinned


@pytest.mark.parametrize("keys", ["alt+t", "alt+v", "alt+u"])
async def test_what_was_told_does_not_lie_over_the_numbers(keys: str) -> None:
    async with Student().at_work() as student:
        student.app.notify("The price of this model is not known.", timeout=60)
        await student.settle()
        await student.pilot.press(keys)
        await student.until(lambda: student.app.screen is not student.app.chat)
        assert student.told() == ""
