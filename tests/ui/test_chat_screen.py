"""The main screen: asking, stopping, failing, switching, all by keyboard."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from studybuddy.domain.events import TextDelta
from studybuddy.domain.messages import MessageState, OpenConversation
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import Settings
from studybuddy.ui.widgets.conversation_list import ConversationList
from tests.support.memory_store import MemoryData
from tests.support.scripted_provider import ScriptedProvider, says
from tests.ui.app_under_test import Student

REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Press F12 to paste another.")


async def test_the_prompt_has_the_focus_and_says_what_it_is_for() -> None:
    async with Student().at_work() as student:
        assert student.view.prompt.has_focus
        assert "Ask Study Buddy" in student.shown()


async def test_a_typed_question_is_sent_by_enter_and_its_answer_is_shown() -> None:
    async with Student(says("Light scatters.")).at_work() as student:
        await student.type("Why blue?")
        await student.pilot.press("enter")
        await student.until(lambda: "Light scatters." in student.shown())
        assert student.view.prompt.text == ""
        assert student.provider.requests[0].messages[-1][1] == "Why blue?"


async def test_ctrl_j_makes_a_new_line_and_the_prompt_grows() -> None:
    async with Student().at_work() as student:
        before = student.view.prompt.size.height
        await student.type("one\ntwo\nthree")
        assert student.view.prompt.text == "one\ntwo\nthree"
        await student.settle()
        assert student.view.prompt.size.height == before + 2


async def test_a_blank_prompt_is_not_sent() -> None:
    async with Student().at_work() as student:
        await student.type("  \n ")
        await student.pilot.press("enter")
        await student.settle()
        assert student.provider.requests == []


async def test_the_status_line_says_that_the_model_thinks_until_the_first_word() -> None:
    gate = asyncio.Event()
    async with Student([gate, *says("Done thinking.")]).at_work() as student:
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "Thinking…" in student.shown())
        gate.set()
        await student.until(lambda: "Answered in" in student.shown())


async def test_esc_stops_the_answer_keeps_what_came_and_gives_the_question_back() -> None:
    gate = asyncio.Event()
    async with Student([TextDelta("I was about"), gate]).at_work() as student:
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "I was about" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: student.view.prompt.text == "Well?")
        assert student.view.session.messages[-1].state is MessageState.STOPPED
        assert "I was about" in student.shown()


async def test_what_was_typed_meanwhile_is_not_overwritten_by_the_question_coming_back() -> None:
    gate = asyncio.Event()
    async with Student([TextDelta("Hm"), gate]).at_work() as student:
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: student.view.busy)
        await student.type("next")
        await student.pilot.press("escape")
        await student.until(lambda: not student.view.busy)
        assert student.view.prompt.text == "next"


async def test_a_failure_is_shown_in_a_sentence_and_retry_asks_again() -> None:
    async with Student([REFUSED], says("Now it works.")).at_work() as student:
        await student.ask("Hi?")
        assert "The key was refused." in student.shown()
        assert student.view.prompt.text == "Hi?"
        await student.pilot.press("ctrl+r")
        await student.until(lambda: "Now it works." in student.shown())
        assert "The key was refused." not in student.shown()
        assert student.view.prompt.text == ""


async def test_a_second_question_waits_for_the_first_answer() -> None:
    gate = asyncio.Event()
    async with Student([gate, *says("Late.")]).at_work() as student:
        student.view.prompt.put("First?")
        await student.pilot.press("enter")
        await student.until(lambda: student.view.busy)
        await student.type("Second?")
        await student.pilot.press("enter")
        await student.settle()
        assert student.view.prompt.text == "Second?"
        assert len(student.provider.requests) <= 1


async def test_markup_and_escape_sequences_from_the_model_are_only_text() -> None:
    async with Student(says("\x1b[2J[bold red]boo[/] \x07")).at_work() as student:
        await student.ask("Trick me?")
        assert "␛[2J[bold red]boo[/] ␇" in student.shown()


async def test_another_conversation_can_be_read_while_an_answer_streams() -> None:
    gate = asyncio.Event()
    provider = ScriptedProvider(says("One."), [TextDelta("Begun "), gate, *says("and done.")])
    async with Student(provider=provider).at_work() as student:
        await student.ask("First?")
        first = student.view.session.head.id
        await student.pilot.press("ctrl+n")
        student.view.prompt.put("Second?")
        await student.pilot.press("enter")
        await student.until(lambda: "Begun" in student.shown())
        second = student.view.session.head.id
        student.app.chat.post_message(ConversationList.Chosen(first))
        await student.until(lambda: "One." in student.shown())
        assert "Begun" not in student.shown()
        student.app.chat.post_message(ConversationList.Chosen(second))
        await student.until(lambda: "Begun" in student.shown())
        gate.set()
        await student.until(lambda: "Begun and done." in student.shown())
        assert student.shown().count("Begun") == 1


async def test_an_answer_that_ends_out_of_sight_is_marked_in_the_list() -> None:
    gate = asyncio.Event()
    async with Student([gate, *says("Ready.")]).at_work() as student:
        student.view.prompt.put("Question of mine?")
        await student.pilot.press("enter")
        await student.until(lambda: "● Question of mine?" in student.shown())
        await student.pilot.press("ctrl+n")
        gate.set()
        await student.until(lambda: "✓ Question of mine?" in student.shown())


async def test_the_last_conversation_and_its_draft_are_there_after_a_restart() -> None:
    data = MemoryData()
    async with Student(says("Remembered."), data=data).at_work() as student:
        await student.ask("Will you remember?")
        await student.type("half a th")
        await student.pilot.press("ctrl+q")
    async with Student(data=data).at_work() as student:
        await student.until(lambda: "Remembered." in student.shown())
        assert student.view.prompt.text == "half a th"


async def test_a_start_can_be_with_a_new_conversation() -> None:
    data = MemoryData()
    async with Student(says("Old."), data=data).at_work() as student:
        await student.ask("Old?")
    async with Student(data=data, settings=Settings(start_with="new")).at_work() as student:
        await student.settle()
        assert student.view.session.messages == []


async def test_each_conversation_keeps_its_own_draft() -> None:
    async with Student().at_work() as student:
        await student.ask("First?")
        first = student.view.session.head.id
        await student.type("unsent")
        await student.pilot.press("ctrl+n")
        assert student.view.prompt.text == ""
        student.app.chat.post_message(ConversationList.Chosen(first))
        await student.until(lambda: student.view.prompt.text == "unsent")


async def test_up_at_the_start_recalls_earlier_prompts_and_down_goes_back() -> None:
    async with Student().at_work() as student:
        await student.ask("First?")
        await student.ask("Second?")
        await student.pilot.press("up")
        assert student.view.prompt.text == "Second?"
        await student.pilot.press("up")
        assert student.view.prompt.text == "First?"
        await student.pilot.press("down", "down")
        assert student.view.prompt.text == ""


@pytest.mark.parametrize(("width", "shown"), [(140, True), (80, False)])
async def test_the_sidebar_folds_by_itself_on_a_narrow_terminal(width: int, shown: bool) -> None:
    async with Student().at_work((width, 24)) as student:
        assert ("Completion" in student.shown()) is shown
        await student.pilot.press("f3")
        await student.settle()
        assert ("Completion" in student.shown()) is not shown


async def test_resizing_folds_and_unfolds_the_sidebar() -> None:
    async with Student().at_work((140, 40)) as student:
        await student.pilot.resize_terminal(80, 24)
        await student.settle()
        assert "Completion" not in student.shown()
        assert "Ask Study Buddy" in student.shown()
        await student.pilot.resize_terminal(140, 40)
        await student.settle()
        assert "Completion" in student.shown()


async def test_an_answer_and_a_code_block_are_copied_by_key() -> None:
    text = "Look:\n\n```python\nprint(1)\n```\n"
    async with Student(says(text)).at_work() as student:
        await student.ask("Show me?")
        await student.pilot.press("f8")
        assert student.app.clipboard == "print(1)"
        await student.pilot.press("f7")
        assert student.app.clipboard == text


async def test_a_pasted_text_of_500_lines_is_there_whole_and_harmless() -> None:
    pasted = "\n".join(f"line {number}" for number in range(500)) + "\x1b[31m"
    async with Student().at_work() as student:
        student.view.prompt.post_message(events.Paste(pasted))
        await student.settle()
        assert student.view.prompt.text == pasted.replace("\x1b", "␛")
        assert student.view.prompt.size.height <= 12


async def test_a_key_can_be_remapped_and_a_clash_is_told() -> None:
    settings = Settings(keys={"new": "f5", "modle": "f6", "retry": "f4", "help": "notakey+q"})
    async with Student(settings=settings).at_work() as student:
        await student.ask("Hi?")
        await student.until(lambda: "modle" in student.shown() or len(student.app._notifications))
        told = student.told()
        assert "no command “modle”" in told
        assert "share the key f4" in told
        assert "“notakey+q” is no key" in told
        await student.pilot.press("f5")
        await student.settle()
        assert student.view.session.messages == []


async def test_quitting_while_an_answer_streams_keeps_what_came() -> None:
    data = MemoryData()
    async with Student([TextDelta("Kept"), asyncio.Event()], data=data).at_work() as student:
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "Kept" in student.shown())
        await student.pilot.press("ctrl+q")
    async with Student(data=data).at_work() as student:
        await student.until(lambda: "Kept" in student.shown())


async def test_a_disk_that_fails_is_told_and_the_prompt_keeps_the_text() -> None:
    async with Student().at_work() as student:
        student.store.failing = Problem(ProblemKind.STORAGE, "The disk is full.")
        student.view.prompt.put("Precious?")
        await student.pilot.press("enter")
        await student.until(lambda: "The disk is full." in student.shown())
        assert student.view.prompt.text == "Precious?"


async def test_a_question_asked_before_the_last_conversation_is_loaded_stays_on_screen() -> None:
    data = MemoryData()
    async with Student(says("Old."), data=data).at_work() as student:
        await student.ask("Old?")
    loading = asyncio.Event()
    student = Student(says("New."), data=data)
    load = student.store.load

    async def slowly(conversation_id: str) -> OpenConversation | None:
        await loading.wait()
        return await load(conversation_id)

    student.store.load = slowly  # type: ignore[method-assign]
    async with student.at_work():
        await student.ask("New?")
        loading.set()
        await student.settle()
        assert "New." in student.shown()


async def test_a_new_conversation_can_follow_one_that_is_longer_than_the_screen() -> None:
    async with Student(says("line\n" * 200)).at_work((80, 24)) as student:
        await student.ask("Long?")
        await student.pilot.press("ctrl+n")
        await student.settle()
        assert "You are talking to" in student.shown()


async def test_end_at_the_end_of_the_prompt_follows_the_conversation_again() -> None:
    async with Student(says("line\n" * 200 + "the end")).at_work((80, 24)) as student:
        await student.ask("Long?")
        await student.pilot.press("pageup", "pageup")
        assert not student.view.transcript.following
        await student.pilot.press("end")
        assert student.view.transcript.following


async def test_a_retry_shows_when_it_comes_also_on_a_narrow_terminal() -> None:
    busy = Problem(
        ProblemKind.RATE_LIMITED, "Too many requests: " + "x" * 90, transient=True, retry_after=30
    )
    async with Student([busy]).at_work((80, 24)) as student:
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "Trying again in" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: student.view.prompt.text == "Well?")


async def test_enter_and_ctrl_j_do_not_overtake_the_letters_before_them() -> None:
    async with Student().at_work() as student:
        for key in ("a", "ctrl+j", "b", "enter", "c"):
            character = key if len(key) == 1 else None
            student.app.post_message(events.Key(key, character))
        await student.until(lambda: student.provider.requests)
        assert student.provider.requests[0].messages[-1][1] == "a\nb"
        assert student.view.prompt.text == "c"


async def test_a_question_that_fails_out_of_sight_comes_back_to_its_own_prompt() -> None:
    gate = asyncio.Event()
    async with Student([gate, REFUSED]).at_work() as student:
        student.view.prompt.put("Out of sight?")
        await student.pilot.press("enter")
        await student.until(lambda: student.view.busy)
        conversation = student.view.session.head.id
        await student.pilot.press("ctrl+n")
        gate.set()
        await student.until(lambda: "✗" in student.shown())
        student.app.chat.post_message(ConversationList.Chosen(conversation))
        await student.until(lambda: student.view.prompt.text == "Out of sight?")


async def test_a_fault_in_drawing_does_not_lock_the_conversation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Student(says("One."), says("Two.")).at_work() as student:
        with monkeypatch.context() as broken:
            broken.setattr(student.view.transcript, "stream", lambda *_: 1 / 0)
            student.view.prompt.put("First?")
            await student.pilot.press("enter")
            await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.view.prompt.text == "First?"
        await student.until(lambda: not student.view.session.busy)
        await student.ask("Second?")
        assert "Two." in student.shown()


async def test_a_draft_whose_write_failed_is_written_with_the_next() -> None:
    async with Student().at_work() as student:
        await student.ask("Hi?")
        student.store.failing = Problem(ProblemKind.STORAGE, "The disk is full.")
        await student.type("draft")
        await student.view.flush_draft()
        student.store.failing = None
        await student.view.flush_draft()
        opened = await student.store.load(student.view.session.head.id)
        assert opened is not None
        assert opened.head.draft == "draft"


async def test_remapping_quit_frees_its_key_for_another_command() -> None:
    settings = Settings(keys={"quit": "f5", "new": "ctrl+q"})
    async with Student(settings=settings).at_work() as student:
        await student.ask("Hi?")
        await student.pilot.press("ctrl+q")
        await student.settle()
        assert student.view.session.messages == []
        await student.pilot.press("f5")
        await student.pilot.pause()
        assert not student.app.is_running


@pytest.mark.parametrize(("columns", "taken"), [(60, 21), (80, 28), (100, 30)])
async def test_the_sidebar_leaves_a_small_screen_to_the_conversation(
    columns: int, taken: int
) -> None:
    async with Student().at_work((columns, 20)) as student:
        if not student.sidebar_shown:
            await student.pilot.press("f3")
        await student.settle()
        assert student.app.chat.sidebar.outer_size.width == taken


async def test_a_sidebar_that_was_folded_by_key_comes_back_by_itself_after_a_narrow_time() -> None:
    async with Student().at_work((140, 40)) as student:
        await student.pilot.press("f3")
        await student.pilot.resize_terminal(130, 40)
        await student.settle()
        assert "Completion" not in student.shown()
        await student.pilot.resize_terminal(80, 24)
        await student.settle()
        await student.pilot.resize_terminal(140, 40)
        await student.settle()
        assert "Completion" in student.shown()
