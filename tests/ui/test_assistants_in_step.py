"""Assistants and runs that change while the app looks elsewhere."""

from __future__ import annotations

import asyncio

from textual.widgets import Input

from studybuddy.domain.assistants import AssistantSpec, Tool
from tests.support.memory_store import MemoryData
from tests.support.run_scripts import Says
from tests.support.scripted_assistants import ScriptedAssistants
from tests.ui.app_under_test import Student


async def test_an_assistant_that_was_renamed_answers_by_its_new_name() -> None:
    server = ScriptedAssistants([Says("One.")], [Says("Two.")])
    async with Student(server=server).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("First?")
        await student.pilot.press("f9")
        await student.until(lambda: "Edit Study Buddy" in student.shown())
        student.app.screen.query_one("#name", Input).value = "Renamed"
        await student.pilot.press("f9")
        await student.until(lambda: "◉ Renamed" in student.shown())
        await student.ask("Second?")
        details = student.view.session.messages[-1].details
        assert details is not None
        assert details.assistant_name == "Renamed"


async def test_what_changed_on_the_server_is_not_lost_by_editing() -> None:
    server = ScriptedAssistants()
    own = server.put(AssistantSpec("Mine"))
    async with Student(server=server).at_work() as student:
        await student.pilot.press("f2")
        await student.until(lambda: "◉ Mine" in student.shown())
        spec = AssistantSpec("Mine", tools=frozenset({Tool.FILE_SEARCH}))
        await server.update_assistant(own.id, spec)  # as its first note does
        await student.pilot.press("f9")
        await student.until(lambda: "Edit Mine" in student.shown())
        student.app.screen.query_one("#description", Input).value = "Latin"
        await student.pilot.press("f9")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert server.shelf[own.id].spec.tools == {Tool.FILE_SEARCH}


async def test_the_list_is_read_again_when_the_notes_are_closed() -> None:
    server = ScriptedAssistants()
    async with Student(server=server).at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.until(lambda: "No notes yet" in student.shown())
        server.put(AssistantSpec("Newcomer"))
        await student.pilot.press("escape")
        await student.until(lambda: "Newcomer" in student.shown())


async def test_a_thread_keeps_an_assistant_that_this_server_has_not_until_it_is_asked() -> None:
    data, server = MemoryData(), ScriptedAssistants([Says("One.")], [Says("Two.")])
    first = Student(server=server, data=data)
    async with first.at_work() as student:
        await student.in_assistant_mode()
        await student.ask("First?")
        own = student.view.session.head
    await first.store.close()
    other = ScriptedAssistants([Says("Two.")])
    other.put(AssistantSpec("Stranger"))
    async with Student(server=other, data=data).at_work() as student:
        await student.until(lambda: "◉ Stranger" in student.shown())
        await student.settle()
        stored = await student.store.load(own.id)
        assert stored is not None
        assert stored.head.assistant_id == own.assistant_id
        await student.ask("Second?")
        stored = await student.store.load(own.id)
        assert stored is not None
        assert stored.head.assistant_name == "Stranger"


async def test_runs_are_followed_as_soon_as_there_is_an_endpoint() -> None:
    gate = asyncio.Event()
    data, server = MemoryData(), ScriptedAssistants([Says("Begun"), gate, Says("and done.")])
    first = Student(server=server, data=data)
    async with first.at_work() as student:
        await student.in_assistant_mode()
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "Begun" in student.shown())
        await student.pilot.press("ctrl+q")
    await first.store.close()
    async with Student(server=server, data=data, endpoint=None).at_work() as student:
        await student.until(lambda: "Welcome" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        await student.pilot.press("f12")
        await student.until(lambda: "Ollama" in student.shown())
        await student.pilot.press("down", "enter")
        gate.set()
        await student.until(lambda: "Begun and done." in student.shown())
