"""Two windows of the app on the same data, and threads that were set aside."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.messages import MessageState, Mode
from studybuddy.ui import opening
from studybuddy.ui.widgets.conversation_list import ConversationList
from tests.support.memory_store import MemoryData
from tests.support.run_scripts import Says
from tests.support.scripted_assistants import ScriptedAssistants
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student
from tests.ui.test_threads_on_screen import on_thread, send


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LOOK_AGAIN", 0.02)


def two_windows(gate: asyncio.Event) -> tuple[Student, Student]:
    server = ScriptedAssistants([Says("Begun"), gate, Says("and done.")])
    data = MemoryData()
    return Student(server=server, data=data), Student(server=server, data=data)


async def test_an_answer_of_another_window_is_said_to_be_one_and_shown_when_it_ends() -> None:
    gate = asyncio.Event()
    one, two = two_windows(gate)
    async with one.at_work() as first:
        await first.in_assistant_mode()
        await send(first, "Well?")
        await first.until(lambda: "Begun" in first.shown())
        async with two.at_work() as second:
            await second.until(lambda: opening.ELSEWHERE in second.shown())
            await second.pilot.press("ctrl+r")
            await second.until(lambda: second.view.turn is not None and second.view.turn.over)
            gate.set()
            await second.until(lambda: "Begun and done." in second.shown())
            assert opening.ELSEWHERE not in second.shown()
            assert len(first.server.runs) == 1
            await first.until(lambda: "Begun and done." in first.shown())


async def test_a_window_that_is_looked_at_takes_the_runs_of_one_that_died() -> None:
    gate = asyncio.Event()
    one, two = two_windows(gate)
    async with two.at_work() as living:
        async with one.at_work() as dying:
            await dying.in_assistant_mode()
            await send(dying, "Well?")
            await dying.until(lambda: "Begun" in dying.shown())
            thread = dying.view.session.head.id
            await dying.pilot.press("ctrl+q")
        await one.store.close()
        living.app.app_focus = False
        living.app.app_focus = True
        await living.until(lambda: living.desk.busy())
        gate.set()
        living.app.chat.post_message(ConversationList.Chosen(thread))
        await living.until(lambda: "Begun and done." in living.shown())
        assert len(living.server.runs) == 1


async def test_an_answer_is_not_called_broken_off_before_its_run_is_followed() -> None:
    gate, warm = asyncio.Event(), asyncio.Event()
    one, two = two_windows(gate)
    async with one.at_work() as first:
        await first.in_assistant_mode()
        await send(first, "Well?")
        await first.until(lambda: "Begun" in first.shown())
        await first.pilot.press("ctrl+q")
    await one.store.close()
    two.desk.warm_up = warm.wait  # type: ignore[assignment, method-assign]
    async with two.at_work() as again:
        await again.until(lambda: opening.STILL in again.shown())
        assert "interrupted" not in again.shown()
        assert again.view.session.messages[-1].state is MessageState.STREAMING
        session = again.view.session
        warm.set()
        gate.set()
        await again.until(lambda: "Begun and done." in again.shown())
        assert again.view.session is session


async def test_a_thread_that_was_set_aside_is_still_the_one_that_the_desk_knows() -> None:
    gate = asyncio.Event()
    scripts = [[Says("First.")], [Says("Begun"), gate, Says("and done.")]]
    async with on_thread(*scripts).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("One?")
        thread = student.view.session
        await student.pilot.press("f2")
        await student.until(lambda: student.view.session.head.mode is Mode.COMPLETION)
        await student.pilot.press("ctrl+n", "ctrl+n", "f2")
        await student.until(lambda: student.view.session is thread)
        await send(student, "Two?")
        await student.until(lambda: "Begun" in student.shown())
        assert list(student.desk.busy()) == [thread]
        await student.pilot.press("ctrl+n")
        student.app.chat.post_message(ConversationList.Chosen(thread.head.id))
        await student.until(lambda: student.view.session is thread)
        gate.set()
        await student.until(lambda: "Begun and done." in student.shown())


async def test_the_next_start_shows_what_was_on_screen_also_after_a_switch_of_modes() -> None:
    data, server = MemoryData(), ScriptedAssistants([Says("One.")])
    one = Student(server=server, data=data)
    async with one.at_work() as student:
        await student.ask("A chat?")
        await student.in_assistant_mode()
        await student.ask("A thread?")
        await student.pilot.press("f2")
        await student.until(lambda: "A chat?" in student.shown())
        await student.pilot.press("ctrl+q")
    await one.store.close()
    async with Student(server=server, data=data).at_work() as again:
        await again.until(lambda: "A chat?" in again.shown())
        assert again.view.session.head.mode is Mode.COMPLETION


async def test_what_another_window_deleted_leaves_the_screen_with_the_next_question() -> None:
    data = MemoryData()
    one = Student(says("One."), says("Two."), says("Three."), data=data)
    async with one.at_work() as first:
        await first.ask("First?")
        await first.ask("Second?")
        two = Student(data=data)
        async with two.at_work() as second:
            await second.until(lambda: "Two." in second.shown())
            await second.pilot.press("f6", "up", "up", "up", "up", "d")
            shown = second.view.transcript
            await second.until(lambda: all(m.text != "First?" for m in shown.messages))
        assert first.view.transcript.messages[0].text == "First?"
        await first.ask("Third?")
        shown = [message.text for message in first.view.transcript.messages]
        assert shown == ["Second?", "Two.", "Third?", "Three."]
        assert all(text != "First?" for _, text in first.provider.requests[-1].messages)
