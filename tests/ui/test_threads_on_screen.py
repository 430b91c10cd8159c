"""Runs on the screen: what they are at, what they need, and how they end."""

from __future__ import annotations

import asyncio
import json

import pytest

from studybuddy.domain.messages import MessageState, Mode
from studybuddy.domain.runs import Citation, FunctionCall, Hit, RunStatus
from studybuddy.ui.widgets.conversation_list import ConversationList
from tests.support.memory_store import MemoryData
from tests.support.run_scripts import Ends, Requires, RunsCode, Says, Script, Searches
from tests.support.scripted_assistants import ScriptedAssistants
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

QUIZ = FunctionCall(
    "call_quiz",
    "display_quiz",
    json.dumps(
        {
            "title": "Cells",
            "questions": [
                {
                    "question_text": "What makes energy?",
                    "question_type": "MULTIPLE_CHOICE",
                    "choices": ["Nucleus", "Mitochondria"],
                },
                {
                    "question_text": "What has a wall?",
                    "question_type": "MULTIPLE_CHOICE",
                    "choices": ["Plants", "Animals"],
                },
            ],
        }
    ),
)
LOOK_UP = FunctionCall("call_look_up", "look_up_word", '{"word": "aqua"}')


def on_thread(*scripts: Script, data: MemoryData | None = None) -> Student:
    return Student(server=ScriptedAssistants(*scripts), data=data)


async def send(student: Student, question: str) -> None:
    student.view.prompt.put(question)
    await student.pilot.press("enter")
    await student.until(lambda: student.view.busy)


async def run_over(student: Student) -> None:
    await student.until(lambda: not student.view.busy)


async def test_a_question_in_a_thread_is_answered_by_the_chosen_assistant() -> None:
    async with on_thread([Says("Cells have walls.")]).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("What has a wall?")
        assert "Cells have walls." in student.shown()
        assert "Answered in" in student.shown()
        (thread,) = student.server.threads.values()
        assert thread.texts() == ["What has a wall?", "Cells have walls."]
        assert student.view.assistant is not None
        assert student.server.asked[0].assistant_id == student.view.assistant.id


async def test_an_answer_that_a_limit_ended_is_shown_with_the_limits_name() -> None:
    script: Script = [
        Says("Once upon"),
        Ends(RunStatus.INCOMPLETE, incomplete_reason="max_completion_tokens"),
    ]
    async with on_thread(script).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("A story!")
        assert "Once upon" in student.shown()
        assert "limit on its length" in student.shown()


async def test_the_status_tells_of_the_queue_the_notes_and_the_code() -> None:
    gates = [asyncio.Event() for _ in range(3)]
    script: Script = [
        gates[0],
        Searches((Hit("file_1", "biology.pdf", "Cells."),)),
        gates[1],
        RunsCode("print(1)", "1\n", seconds=0.1),
        gates[2],
        Says("Done."),
    ]
    async with on_thread(script).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Well?")
        gates[0].set()
        await student.until(lambda: "Reading biology.pdf…" in student.shown())
        gates[1].set()
        await student.until(lambda: "2 steps" in student.shown())
        gates[2].set()
        await student.until(lambda: "Done." in student.shown())


async def test_steps_are_shown_beside_the_conversation_by_key_and_fold_away() -> None:
    script: Script = [
        Searches((Hit("file_1", "biology.pdf", "Cells have walls.", 0.9),)),
        RunsCode("print(6 * 7)", "42\n"),
        Says("It is 42."),
    ]
    async with on_thread(script).at_work((140, 40)) as student:
        await student.in_assistant_mode()
        await student.ask("Well?")
        assert "print(6 * 7)" not in student.shown()
        await student.pilot.press("ctrl+g")
        await student.until(lambda: "print(6 * 7)" in student.shown())
        assert "biology.pdf" in student.shown()
        assert student.view.prompt.has_focus
        await student.pilot.press("ctrl+g")
        await student.until(lambda: "print(6 * 7)" not in student.shown())


async def test_steps_come_live_into_the_panel_on_a_small_terminal() -> None:
    gate = asyncio.Event()
    script: Script = [gate, RunsCode("print(6 * 7)", "42\n"), Says("It is 42.")]
    async with on_thread(script).at_work((80, 24)) as student:
        await student.in_assistant_mode()
        await send(student, "Well?")
        await student.pilot.press("ctrl+g")
        await student.until(lambda: "No steps yet" in student.shown())
        gate.set()
        await student.until(lambda: "print(6 * 7)" in student.shown())
        await run_over(student)
        assert "It is 42." in student.shown()


async def test_a_quiz_opens_its_answers_go_back_and_feedback_follows() -> None:
    async with on_thread([Requires((QUIZ,)), Says("One right, one wrong.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: "What makes energy?" in student.shown())
        await student.pilot.press("b", "enter", "a", "enter", "end", "enter")
        await student.until(lambda: "One right, one wrong." in student.shown())
        outputs = student.server.runs[0].outputs
        assert "Mitochondria" in outputs["call_quiz"]
        assert student.view.prompt.has_focus


async def test_a_quiz_that_was_put_off_is_taken_up_again_where_it_was_left() -> None:
    async with on_thread([Requires((QUIZ,)), Says("Well done.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: "What makes energy?" in student.shown())
        await student.pilot.press("b", "enter")
        await student.until(lambda: "What has a wall?" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: "Ctrl+T answers" in student.shown())
        assert "Waiting for you" in student.shown()
        await student.pilot.press("ctrl+t")
        await student.until(lambda: "What has a wall?" in student.shown())
        await student.pilot.press("a", "enter", "end", "enter")
        await student.until(lambda: "Well done." in student.shown())
        assert "Mitochondria" in student.server.runs[0].outputs["call_quiz"]


async def test_a_quiz_out_of_sight_marks_its_thread_and_opens_with_it() -> None:
    gate = asyncio.Event()
    async with on_thread([gate, Requires((QUIZ,)), Says("Well done.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        waiting = student.view.session.head.id
        await student.pilot.press("ctrl+n")
        gate.set()
        await student.until(lambda: "? Quiz me?" in student.shown())
        assert "What makes energy?" not in student.shown()
        student.app.chat.post_message(ConversationList.Chosen(waiting))
        await student.until(lambda: "What makes energy?" in student.shown())


async def test_a_thread_that_waits_unseen_is_told_and_the_answer_key_goes_there() -> None:
    gate = asyncio.Event()
    async with on_thread([gate, Requires((QUIZ,)), Says("Well done.")]).at_work(
        (80, 24)
    ) as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.pilot.press("ctrl+n")
        gate.set()
        await student.until(lambda: "Quiz me? waits for you." in student.told())
        await student.pilot.press("ctrl+t")
        await student.until(lambda: "What makes energy?" in student.shown())


async def test_steps_are_no_part_of_completion_mode() -> None:
    async with on_thread([RunsCode("print(6 * 7)", "42\n"), Says("42.")]).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("Well?")
        await student.pilot.press("ctrl+g")
        await student.until(lambda: "Ran code" in student.shown())
        await student.pilot.press("f2")
        await student.until(lambda: "Ran code" not in student.shown())
        assert "Steps" not in student.shown()
        await student.pilot.press("f2")
        await student.until(lambda: "Ran code" in student.shown())


async def test_a_quiz_waits_until_an_open_dialog_is_closed() -> None:
    gate = asyncio.Event()
    async with on_thread([gate, Requires((QUIZ,)), Says("Well done.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.pilot.press("f1")
        await student.settle()
        gate.set()
        await student.until(lambda: student.view.turn and student.view.turn.required)
        assert "What makes energy?" not in student.shown()
        await student.pilot.press("escape")
        await student.until(lambda: "What makes energy?" in student.shown())


async def test_several_calls_are_answered_one_after_the_other() -> None:
    script: Script = [Requires((LOOK_UP, QUIZ)), Says("All there.")]
    async with on_thread(script).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Both?")
        await student.until(lambda: "look_up_word" in student.shown())
        student.app.screen.dismiss("water")
        await student.until(lambda: "What makes energy?" in student.shown())
        await student.pilot.press("b", "enter", "a", "enter", "end", "enter")
        await student.until(lambda: "All there." in student.shown())
        outputs = student.server.runs[0].outputs
        assert outputs["call_look_up"] == "water"
        assert set(outputs) == {"call_look_up", "call_quiz"}


async def test_a_quiz_that_is_none_is_shown_as_the_call_that_it_is() -> None:
    broken = FunctionCall("call_1", "display_quiz", '{"title": "Empty", "questions": []}')
    async with on_thread([Requires((broken,)), Says("Sorry.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: "display_quiz" in student.shown())


async def test_esc_cancels_the_run_and_gives_the_question_back() -> None:
    script: Script = [Says("I was about "), asyncio.Event(), Says("to say")]
    async with on_thread(script).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Well?")
        await student.until(lambda: "I was about" in student.shown())
        await student.pilot.press("escape")
        await run_over(student)
        assert student.server.runs[0].run.status is RunStatus.CANCELLED
        assert student.view.session.messages[-1].state is MessageState.STOPPED
        assert student.view.prompt.text == "Well?"


async def test_a_run_that_fails_says_why_and_is_tried_again() -> None:
    failing: Script = [Ends(RunStatus.FAILED, "The model gave up.", "server_error")]
    async with on_thread(failing, [Says("Now it works.")]).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("Well?")
        assert "The model gave up" in student.shown()
        assert "✗" in student.shown()
        await student.pilot.press("ctrl+r")
        await student.until(lambda: "Now it works." in student.shown())


async def test_threads_run_side_by_side_and_each_is_marked() -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    async with on_thread(
        [Says("Begun"), gates[0], Says("first.")], [Says("Begun"), gates[1], Says("second.")]
    ).at_work((140, 40)) as student:
        await student.in_assistant_mode()
        await send(student, "Number one?")
        first = student.view.session.head.id
        await student.pilot.press("ctrl+n")
        await send(student, "Number two?")
        await student.until(lambda: "● Number one?" in student.shown())
        await student.until(lambda: "● Number two?" in student.shown())
        gates[0].set()
        await student.until(lambda: "✓ Number one?" in student.shown())
        gates[1].set()
        await run_over(student)
        assert "Begun second." in student.shown()
        student.app.chat.post_message(ConversationList.Chosen(first))
        await student.until(lambda: "Begun first." in student.shown())
        assert "✓ Number one?" not in student.shown()


async def test_a_run_that_goes_on_while_the_app_is_closed_is_followed_after_a_restart() -> None:
    data = MemoryData()
    gate = asyncio.Event()
    server = ScriptedAssistants([Says("Begun"), gate, Says("and done.")])
    first = Student(server=server, data=data)
    async with first.at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Well?")
        await student.until(lambda: "Begun" in student.shown())
        await student.pilot.press("ctrl+q")
    await first.store.close()
    async with Student(server=server, data=data).at_work() as student:
        await student.until(lambda: student.view.busy)
        gate.set()
        await student.until(lambda: "Begun and done." in student.shown())
        assert student.shown().count("Begun") == 1


async def test_a_quiz_is_still_there_after_a_restart_with_what_was_answered() -> None:
    data = MemoryData()
    server = ScriptedAssistants([Requires((QUIZ,)), Says("Well done.")])
    first = Student(server=server, data=data)
    async with first.at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: "What makes energy?" in student.shown())
        await student.pilot.press("b", "enter")
        await student.until(lambda: "What has a wall?" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: "Ctrl+T answers" in student.shown())
        await student.pilot.press("ctrl+q")
    await first.store.close()
    async with Student(server=server, data=data).at_work() as student:
        await student.until(lambda: "What has a wall?" in student.shown())
        await student.pilot.press("a", "enter", "end", "enter")
        await student.until(lambda: "Well done." in student.shown())
        assert "Mitochondria" in server.runs[0].outputs["call_quiz"]


async def test_the_same_thread_goes_on_with_another_assistant() -> None:
    async with on_thread([Says("One.")], [Says("Two.")]).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("First?")
        await student.pilot.press("ctrl+l", "down", "enter")
        await student.until(lambda: "◉ Math Tutor" in student.shown())
        await student.ask("Second?")
        assert "One." in student.shown()
        assert "Two." in student.shown()
        names = [student.server.shelf[a.assistant_id].spec.name for a in student.server.asked]
        assert names == ["Study Buddy", "Math Tutor"]
        assert len(student.server.threads) == 1


async def test_each_answer_is_headed_by_the_assistant_that_gives_it_from_its_first_word_on() -> (
    None
):
    gate = asyncio.Event()
    async with on_thread(
        [Says("One.")], [Says("Begun"), gate, Says("and done.")]
    ).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("First?")
        await student.pilot.press("ctrl+l", "down", "enter")
        await student.until(lambda: "◉ Math Tutor" in student.shown())
        await send(student, "Second?")
        await student.until(lambda: "Begun" in student.shown())
        assert "  Math Tutor · scripted-model" in student.shown()
        gate.set()
        await run_over(student)
        assert "  Math Tutor · scripted-model" in student.shown()
        assert "  Study Buddy · scripted-model" in student.shown()


async def test_esc_does_not_give_up_at_once_what_waits_for_the_student() -> None:
    async with on_thread([Requires((QUIZ,)), Says("Well done.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: "What makes energy?" in student.shown())
        await student.pilot.press("escape", "escape")
        await student.until(lambda: "Esc again gives it up" in student.told())
        assert student.view.busy
        await student.pilot.press("escape")
        await run_over(student)
        assert student.server.runs[0].run.status is RunStatus.CANCELLED


async def test_a_quiz_does_not_swallow_what_is_being_typed() -> None:
    gate = asyncio.Event()
    async with on_thread([gate, Requires((QUIZ,)), Says("Well done.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.type("an")
        gate.set()
        await student.until(lambda: student.view.turn and student.view.turn.required)
        await student.type("d then")
        await student.until(lambda: "What makes energy?" in student.shown())
        assert student.view.prompt.text == "and then"


async def test_a_quiz_closes_where_its_run_ends_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studybuddy.domain.polling.BESIDE", 0.1)
    async with on_thread([Requires((QUIZ,)), Says("Well done.")]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: "What makes energy?" in student.shown())
        student.server.runs[0].cancel()
        await student.until(lambda: "What makes energy?" not in student.shown())
        assert not student.view.busy


async def test_a_citation_opens_the_note_at_its_passage() -> None:
    citation = Citation(18, 21, "file_1", "biology.md", "Cells have walls.", line=1)
    script: Script = [Says("Plants have walls 【1】.", citations=(citation,))]
    student = on_thread(script)
    student.server.pages["file_1"] = ["Cells have walls.\nAnimals have none.\n"]
    async with student.at_work():
        await student.in_assistant_mode()
        await student.ask("Walls?")
        await student.pilot.press("f6", "n", "enter")
        await student.until(lambda: "Animals have none." in student.shown())
        assert "biology.md" in student.shown()
        await student.pilot.press("escape")
        await student.settle()
        assert student.app.screen is student.app.chat


async def test_a_note_that_is_gone_is_told() -> None:
    citation = Citation(18, 21, "file_1", "biology.md", "Cells have walls.", line=1)
    script: Script = [Says("Plants have walls 【1】.", citations=(citation,))]
    async with on_thread(script).at_work() as student:
        await student.in_assistant_mode()
        await student.ask("Walls?")
        await student.pilot.press("f6", "n", "enter")
        await student.until(lambda: "biology.md can't be opened" in student.told())


async def test_a_conversation_is_carried_into_a_thread_and_back() -> None:
    student = Student(says("One."), server=ScriptedAssistants([Says("Two.")]))
    async with student.at_work():
        await student.ask("First?")
        await student.pilot.press("shift+f2")
        await student.until(lambda: student.view.session.head.mode is Mode.ASSISTANT)
        await student.until(lambda: student.view.assistant is not None)
        assert "One." in student.shown()
        await student.ask("Second?")
        (thread,) = student.server.threads.values()
        assert thread.texts()[:3] == ["First?", "One.", "Second?"]
        await student.pilot.press("shift+f2")
        await student.until(lambda: student.view.session.head.mode is Mode.COMPLETION)
        assert "Two." in student.shown()


async def test_news_of_a_run_goes_to_who_looks_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("studybuddy.ui.attention.call", lambda _, text: told.append(text))
    async with on_thread([Requires((QUIZ,))]).at_work() as student:
        await student.in_assistant_mode()
        await send(student, "Quiz me?")
        await student.until(lambda: told)
        assert told[0] == "Quiz me? waits for you."
