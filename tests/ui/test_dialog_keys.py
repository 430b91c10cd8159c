"""Keys that come early, twice, or while something lies over a dialog."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.screen import Screen

from studybuddy.domain.assistants import Assistant, AssistantSpec
from studybuddy.domain.runs import FunctionCall
from studybuddy.ui.screens.confirm import ConfirmScreen
from studybuddy.ui.screens.help import HelpScreen
from studybuddy.ui.screens.quiz import QuizScreen
from tests.support.run_scripts import Requires, Says, Script
from tests.support.scripted_assistants import ScriptedAssistants
from tests.ui.app_under_test import Student
from tests.ui.dialog_host import OPEN, DialogHost
from tests.ui.test_threads_on_screen import QUIZ, on_thread, send


def stack(student: Student) -> list[str]:
    return [type(screen).__name__ for screen in student.app.screen_stack]


class SlowServer(ScriptedAssistants):
    """Makes an assistant called Me when the gate is open."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__(*scripts)
        self.gate = asyncio.Event()

    async def create_assistant(self, spec: AssistantSpec) -> Assistant:
        made = await super().create_assistant(spec)
        if spec.name == "Me":
            await self.gate.wait()
        return made

    def made(self) -> int:
        return [assistant.spec.name for assistant in self.shelf.values()].count("Me")


async def press_at_once(student: Student, *keys: str) -> None:
    """Have the keys come in one go, as from a terminal, with no time between them."""
    for key in keys:
        student.app.post_message(events.Key(key, key if len(key) == 1 else None))
    async with asyncio.timeout(10):  # the pilot's own pause waits for a screen that is half there
        while student.app.message_queue_size or not student.app.screen.is_mounted:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await student.settle()


async def test_a_dialog_that_is_closed_below_another_screen_closes_when_that_is_gone() -> None:
    dialog = ConfirmScreen("Sure?", "", "Yes")
    async with DialogHost(dialog).open() as host:
        cover: Screen[None] = Screen()
        await host.push_screen(cover)
        dialog.dismiss(True)
        dialog.dismiss(False)
        await host.press()
        assert host.screen is cover
        cover.dismiss()
        await host.until(lambda: host.result is not OPEN)
        assert host.result is True
        await host.press("escape", "escape")
        assert dialog not in host.screen_stack


async def test_a_quiz_whose_run_ends_below_the_palette_closes_after_it() -> None:
    async with on_thread([Requires((QUIZ,)), Says("x")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: isinstance(student.app.screen, QuizScreen))
        await student.pilot.press("ctrl+p")
        await student.until(lambda: not isinstance(student.app.screen, QuizScreen))
        turn = student.view.turn
        assert turn is not None
        turn.required = None
        student.app.chat.run_moved(student.view.session, turn)
        await student.settle()
        assert stack(student)[1:] == ["QuizScreen", "CommandPalette"]
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        await student.pilot.press("escape")
        await student.settle()
        assert "went wrong" not in student.told()


async def test_an_editor_that_is_saved_below_the_palette_closes_after_it() -> None:
    server = SlowServer()
    async with Student(server=server).at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "n")
        await student.until(lambda: "A new assistant" in student.shown())
        await student.pilot.press("M", "e", "f9", "ctrl+p")
        await student.until(lambda: stack(student)[-1] == "CommandPalette")
        server.gate.set()
        await student.settle()
        assert stack(student)[-1] == "CommandPalette"
        await student.pilot.press("escape")
        await student.until(lambda: "◉ Me" in student.shown())
        assert student.app.screen is student.app.chat


async def test_a_save_key_that_is_pressed_twice_makes_one_assistant() -> None:
    server = SlowServer()
    async with Student(server=server).at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "n")
        await student.until(lambda: "A new assistant" in student.shown())
        await student.pilot.press("M", "e", "f9", "f9")
        await student.settle()
        server.gate.set()
        await student.until(lambda: "◉ Me" in student.shown())
        assert server.made() == 1


@pytest.mark.parametrize("key", ["f9", "f5", "f4", "f12", "f1"])
async def test_a_key_that_opens_a_dialog_may_come_again_before_it_is_there(key: str) -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await press_at_once(student, key, key, key)
        await student.settle()
        assert len(student.app.screen_stack) <= 2
        assert "went wrong" not in student.told()
        await student.pilot.press("escape")
        await student.settle()
        assert student.app.screen is student.app.chat


async def test_a_held_key_opens_one_editor_and_makes_one_copy() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l")
        await press_at_once(student, "n", "n", "n")
        await student.until(lambda: "A new assistant" in student.shown())
        await student.settle()
        assert len(student.app.screen_stack) == 2
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)


async def test_a_held_copy_key_copies_once_while_the_server_is_at_it() -> None:
    server = ScriptedAssistants()
    async with Student(server=server).at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l")
        await press_at_once(student, "d", "d", "d")
        await student.until(lambda: "Study Buddy copy" in student.shown())
        await student.settle()
        assert len(server.shelf) == 4


async def test_keys_go_on_while_a_server_takes_its_time_to_stop() -> None:
    async with on_thread([Says("One"), asyncio.Event()]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "First?")
        await student.until(lambda: "One" in student.shown())
        student.server.runs[0].ignores_cancel = True
        await student.pilot.press("escape", "a", "b")
        assert student.view.prompt.text == "ab"
        assert student.view.busy


@pytest.mark.parametrize("key", ["f1", "ctrl+n"])
async def test_a_quiz_opens_neither_over_a_dialog_nor_over_another_thread(key: str) -> None:
    gate = asyncio.Event()
    async with on_thread([gate, Requires((QUIZ,)), Says("x")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        thread = student.view.session.head.id
        await student.type("and")
        gate.set()
        await student.until(lambda: student.view.turn and student.view.turn.required)
        waiting = student.view.turn
        await student.pilot.press(key)
        paused = student.view.drafts.pause()
        await paused
        await student.settle()
        assert not isinstance(student.app.screen, QuizScreen)
        if isinstance(student.app.screen, HelpScreen):
            await student.pilot.press("escape")
        else:
            await student.app.chat._opener.open(thread)
        await student.until(lambda: isinstance(student.app.screen, QuizScreen))
        assert student.view.turn is waiting


async def test_each_quiz_of_a_run_is_given_up_by_two_keys_only() -> None:
    second = FunctionCall("call_2", QUIZ.name, QUIZ.arguments)
    script: Script = [Requires((QUIZ,)), Says("Well."), Requires((second,)), Says("Done.")]
    async with on_thread(script).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: isinstance(student.app.screen, QuizScreen))
        await student.pilot.press("escape", "escape")
        await student.until(lambda: "Esc again gives it up" in student.told())
        await student.pilot.press("ctrl+t")
        await student.until(lambda: isinstance(student.app.screen, QuizScreen))
        await student.pilot.press("b", "enter", "a", "enter", "end", "enter")
        await student.until(
            lambda: "Well." in student.shown() and isinstance(student.app.screen, QuizScreen)
        )
        await student.pilot.press("escape", "escape")
        await student.settle()
        assert student.view.busy
        assert student.view.turn
        assert student.view.turn.required
