"""Assistant mode's sidebar and dialogs: assistants are chosen, made, changed, and given notes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from textual.widgets import Checkbox, Input, TextArea

from studybuddy.domain.assistants import AssistantSpec, Note, Tool
from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import Settings
from studybuddy.ui.widgets.mode_switch import ModeSwitch
from tests.support.memory_store import MemoryData
from tests.support.run_scripts import Says
from tests.support.scripted_assistants import DOWN, ScriptedAssistants
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

DISK_FULL = Problem(ProblemKind.SERVER_ERROR, "The server's disk is full.")


def assistant_names(server: ScriptedAssistants) -> list[str]:
    return sorted(assistant.spec.name for assistant in server.shelf.values())


async def test_f2_shows_the_presets_with_their_tools_and_what_can_be_done() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        shown = student.shown()
        assert "notes · code · quizzes" in shown
        assert "Math Tutor" in shown
        assert "PostgreSQL Expert" in shown
        assert "add notes" in shown
        assert student.view.prompt.has_focus


async def test_f2_again_goes_back_to_the_conversation_that_was_on_screen_with_its_draft() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("First?")
        await student.type("half a th")
        await student.in_assistant_mode()
        assert student.view.prompt.text == ""
        await student.pilot.press("f2")
        await student.until(lambda: "One." in student.shown())
        assert student.view.prompt.text == "half a th"
        assert student.app.chat.query_one(ModeSwitch).mode is Mode.COMPLETION
        assert "Math Tutor" not in student.shown()


async def test_each_mode_lists_its_own_conversations() -> None:
    async with Student(says("One.")).at_work() as student:
        await student.ask("A completion?")
        await student.in_assistant_mode()
        await student.until(lambda: "A completion?" not in student.shown())
        await student.type("a thread of mine")
        await student.pilot.press("f2")
        await student.until(lambda: "A completion?" in student.shown())
        assert "New thread" not in student.shown()
        await student.pilot.press("f2")
        await student.until(lambda: "New thread" in student.shown())
        assert "A completion?" not in student.shown()


async def test_a_click_on_the_switch_changes_the_mode() -> None:
    async with Student().at_work() as student:
        await student.pilot.click(ModeSwitch, offset=(16, 0))
        await student.until(lambda: "Math Tutor" in student.shown())


async def test_the_app_opens_in_the_mode_of_the_conversation_that_was_on_screen_last() -> None:
    data = MemoryData()
    server = ScriptedAssistants()
    async with Student(data=data, server=server).at_work() as student:
        await student.in_assistant_mode()
        await student.type("half a question")
        await student.view.flush_draft()
    async with Student(data=data, server=server).at_work() as student:
        await student.until(lambda: "Math Tutor" in student.shown())
        assert student.view.prompt.text == "half a question"


async def test_nothing_of_assistant_mode_is_there_before_it_is_used() -> None:
    async with Student().at_work() as student:
        assert not student.app.chat.query("AssistantPane")
        assert not student.app.chat.query("StepsPanel")
        assert student.server.requests == []


def test_nothing_of_assistant_mode_is_imported_for_the_first_frame() -> None:
    code = (
        "import sys, studybuddy.assembly.app, studybuddy.chat.desk, studybuddy.ui.app\n"
        "import studybuddy.storage.conversations\n"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    for module in (
        "studybuddy.chat.assistant_shelf",
        "studybuddy.chat.thread_session",
        "studybuddy.domain.assistants",
        "studybuddy.study",
        "studybuddy.ui.actions",
        "studybuddy.ui.assistant_mode",
        "studybuddy.ui.assistant_texts",
        "studybuddy.ui.widgets.assistant_pane",
        "studybuddy.ui.widgets.steps",
    ):
        assert module not in loaded


async def test_a_server_that_cannot_be_asked_is_told_and_asked_again_by_key() -> None:
    student = Student()
    student.server.down = DOWN
    async with student.at_work():
        await student.pilot.press("f2")
        await student.until(lambda: "Try again" in student.shown())
        assert "can't be reached" in student.shown().replace("\n", " ")
        student.server.down = None
        await student.pilot.press("ctrl+l", "enter")
        await student.until(lambda: "◉ Study Buddy" in student.shown())


async def test_without_a_model_the_mode_says_what_to_press() -> None:
    async with Student(endpoint=None).at_work() as student:
        await student.until(lambda: "Welcome" in student.shown())
        student.app.screen.dismiss(None)
        await student.settle()
        await student.pilot.press("f2")
        await student.until(lambda: "No model is chosen yet" in student.shown())
        assert "F12" in student.shown()


async def test_another_assistant_is_chosen_by_keyboard_and_named_on_the_prompts_edge() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        assert "Study Buddy · scripted-model" in student.shown()
        await student.pilot.press("ctrl+l", "down", "enter")
        await student.until(lambda: "◉ Math Tutor" in student.shown())
        assert "Math Tutor · scripted-model" in student.shown()
        assert student.view.session.head.assistant_name == "Math Tutor"
        assert student.view.prompt.has_focus


async def test_a_new_thread_goes_on_with_the_assistant_that_was_chosen_last() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "down", "enter")
        await student.until(lambda: "◉ Math Tutor" in student.shown())
        await student.pilot.press("ctrl+n")
        await student.settle()
        assert student.view.session.head.mode is Mode.ASSISTANT
        await student.until(lambda: student.view.session.head.assistant_name == "Math Tutor")


async def test_an_assistant_of_ones_own_is_made_by_keyboard_alone() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "n")
        await student.until(lambda: "A new assistant" in student.shown())
        await student.type("Latin")
        boxes = {box.id: str(box.render())[1] for box in student.app.screen.query(Checkbox)}
        assert boxes == {"search": "X", "code": " ", "quiz": "X"}
        await student.pilot.press("tab", "tab", "tab", "tab", "space", "f9")
        await student.until(lambda: "◉ Latin" in student.shown())
        made = next(a for a in student.server.shelf.values() if a.spec.name == "Latin")
        assert made.spec.tools == {Tool.FILE_SEARCH, Tool.CODE_INTERPRETER}
        assert [function.name for function in made.spec.functions] == ["display_quiz"]
        assert "patient tutor" in made.spec.instructions


async def test_what_is_edited_is_saved_with_tools_model_and_functions() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "e")
        await student.until(lambda: "Edit Study Buddy" in student.shown())
        screen = student.app.screen
        screen.query_one("#instructions", TextArea).load_text("Be brief.")
        screen.query_one("#model", Input).value = "gpt-5"
        screen.query_one("#code", Checkbox).value = False
        function = {"name": "look_up", "parameters": {"type": "object", "properties": {}}}
        screen.query_one("#functions", TextArea).load_text(json.dumps(function))
        await student.pilot.press("f9")
        await student.until(lambda: "notes · quizzes · look_up" in student.shown())
        spec = student.view.assistant and student.view.assistant.spec
        assert spec
        assert (spec.instructions, spec.model) == ("Be brief.", "gpt-5")
        assert [function.name for function in spec.functions] == ["display_quiz", "look_up"]
        assert spec.preset
        assert "Study Buddy · gpt-5" in student.shown()


async def test_functions_that_are_no_json_are_told_and_what_was_typed_stays() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "e")
        await student.until(lambda: "Edit Study Buddy" in student.shown())
        editor = student.app.screen.query_one("#functions", TextArea)
        editor.load_text('{"name": oops}')
        await student.pilot.press("f9")
        await student.until(lambda: "no valid JSON" in student.shown())
        assert editor.text == '{"name": oops}'


async def test_an_assistant_that_the_server_refuses_is_told_and_what_was_typed_stays() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "n")
        await student.until(lambda: "A new assistant" in student.shown())
        await student.type("Latin")
        student.server.failures["create_assistant"].append(DISK_FULL)
        await student.pilot.press("f9")
        await student.until(lambda: "disk is full" in student.shown())
        assert student.app.screen.query_one("#name", Input).value == "Latin"
        await student.pilot.press("f9")
        await student.until(lambda: "◉ Latin" in student.shown())


async def test_one_esc_does_not_throw_away_what_was_typed() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "n")
        await student.until(lambda: "A new assistant" in student.shown())
        await student.type("Latin")
        await student.pilot.press("escape")
        await student.until(lambda: "not saved" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert "Latin" not in assistant_names(student.server)


async def test_a_copy_is_made_and_chosen() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "d")
        await student.until(lambda: "◉ Study Buddy copy" in student.shown())
        assert len(student.server.shelf) == 4
        await student.pilot.press("delete")
        await student.until(lambda: "Delete Study Buddy copy?" in student.shown())


async def test_deleting_asks_first_and_no_is_what_enter_means() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+l", "delete")
        await student.until(lambda: "Delete Study Buddy?" in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert len(student.server.shelf) == 3
        await student.pilot.press("delete")
        await student.until(lambda: "Delete Study Buddy?" in student.shown())
        await student.pilot.press("y")
        await student.until(lambda: "◉ Math Tutor" in student.shown())
        assert "Study Buddy" not in assistant_names(student.server)


async def test_another_endpoint_has_its_assistants_read_anew() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        student.server.put(AssistantSpec("Newcomer"))
        await student.pilot.press("f12")
        await student.until(lambda: "Ollama" in student.shown())
        await student.pilot.press("down", "enter")
        await student.until(lambda: "Newcomer" in student.shown())
        assert "Study Buddy · default model · Ollama" in student.shown()


async def test_a_long_name_stays_on_its_line() -> None:
    server = ScriptedAssistants()
    server.put(AssistantSpec("A tutor for all the languages of the world", tools=frozenset(Tool)))
    async with Student(server=server).at_work() as student:
        await student.pilot.press("f2")
        await student.until(lambda: "◉ A tutor for all the lang" in student.shown())
        lines = student.shown().splitlines()
        row = next(row for row, line in enumerate(lines) if "◉ A tutor" in line)
        assert "notes · code" in lines[row + 1]


async def test_names_from_the_server_are_only_text() -> None:
    server = ScriptedAssistants()
    server.put(AssistantSpec("\x1b[2J[bold]Evil[/]", description="[red]x[/]"))
    async with Student(server=server).at_work() as student:
        await student.pilot.press("f2")
        await student.until(lambda: "␛[2J[bold]Evil[/]" in student.shown())
        assert "[red]x[/]" in student.shown()


async def test_a_file_is_added_by_its_path_with_tab_completing_it(tmp_path: Path) -> None:
    (tmp_path / "biology notes.md").write_text("Cells.")
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.until(lambda: "No notes yet" in student.shown())
        path = student.app.screen.query_one("#path", Input)
        path.value = f"{tmp_path}/bio"
        path.cursor_position = len(path.value)
        await student.pilot.press("tab")
        await student.until(lambda: path.value.endswith("biology notes.md"))
        await student.pilot.press("enter")
        await student.until(lambda: "✓ biology notes.md" in student.shown())
        assert path.value == ""


async def test_a_folder_is_added_with_all_that_can_be_read(tmp_path: Path) -> None:
    for name in ("one.md", "two.txt", "picture.png"):
        (tmp_path / name).write_text("Text.")
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.settle()
        student.app.screen.query_one("#path", Input).value = f"'{tmp_path}'"
        await student.pilot.press("enter")
        await student.until(
            lambda: "✓ one.md" in student.shown() and "✓ two.txt" in student.shown()
        )
        assert "picture.png" not in student.shown()


async def test_a_note_that_cannot_be_read_shows_the_sentence_and_can_be_removed(
    tmp_path: Path,
) -> None:
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    student = Student()
    student.server.unreadable["scan.pdf"] = "There is no text in this PDF: it may be a scan."
    async with student.at_work():
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.settle()
        student.app.screen.query_one("#path", Input).value = str(tmp_path / "scan.pdf")
        await student.pilot.press("enter")
        await student.until(lambda: "it may be a scan" in student.shown())
        await student.pilot.press("up", "delete")
        await student.until(lambda: "Remove scan.pdf?" in student.shown())
        await student.pilot.press("y")
        await student.until(lambda: "No notes yet" in student.shown())


async def test_a_path_that_is_not_there_is_told_and_stays(tmp_path: Path) -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.settle()
        path = student.app.screen.query_one("#path", Input)
        path.value = str(tmp_path / "none.md")
        await student.pilot.press("enter")
        await student.until(lambda: "There is no file or folder" in student.shown())
        assert path.value == str(tmp_path / "none.md")


def held(server: ScriptedAssistants) -> asyncio.Event:
    """Let the server's uploads wait half-way until the event is set."""
    gate = asyncio.Event()
    add_note = server.add_note

    async def slowly(
        assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        on_progress(1, 2)
        await gate.wait()
        return await add_note(assistant_id, path, on_progress)

    server.add_note = slowly  # type: ignore[method-assign]
    return gate


async def test_an_upload_shows_how_far_it_is_and_goes_on_while_its_screen_is_closed(
    tmp_path: Path,
) -> None:
    (tmp_path / "big.md").write_text("Text.")
    student = Student()
    gate = held(student.server)
    async with student.at_work():
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.settle()
        student.app.screen.query_one("#path", Input).value = str(tmp_path / "big.md")
        await student.pilot.press("enter")
        await student.until(lambda: "50%" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        gate.set()
        await student.until(lambda: "Study Buddy can search big.md now" in student.told())
        await student.pilot.press("f5")
        await student.until(lambda: "✓ big.md" in student.shown())


async def test_an_upload_under_way_can_be_taken_back(tmp_path: Path) -> None:
    (tmp_path / "big.md").write_text("Text.")
    student = Student()
    held(student.server)
    async with student.at_work():
        await student.in_assistant_mode()
        await student.pilot.press("f5")
        await student.settle()
        student.app.screen.query_one("#path", Input).value = str(tmp_path / "big.md")
        await student.pilot.press("enter")
        await student.until(lambda: "50%" in student.shown())
        await student.pilot.press("up", "delete")
        await student.until(lambda: "No notes yet" in student.shown())


async def test_notes_are_added_while_a_run_is_under_way(tmp_path: Path) -> None:
    (tmp_path / "biology.md").write_text("Text.")
    gate = asyncio.Event()
    student = Student(server=ScriptedAssistants([Says("Begun"), gate, Says("and done.")]))
    async with student.at_work():
        await student.in_assistant_mode()
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: "Begun" in student.shown())
        await student.pilot.press("f5")
        await student.settle()
        student.app.screen.query_one("#path", Input).value = str(tmp_path / "biology.md")
        await student.pilot.press("enter")
        await student.until(lambda: "✓ biology.md" in student.shown())
        await student.pilot.press("escape")
        gate.set()
        await student.until(lambda: "Begun and done." in student.shown())


async def test_the_palette_finds_what_is_done_with_threads() -> None:
    async with Student().at_work() as student:
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+p", *"thread")
        await student.until(lambda: "New conversation or thread" in student.shown())


async def test_the_commands_of_assistant_mode_are_in_the_palette_only_there() -> None:
    async with Student().at_work() as student:
        await student.pilot.press("ctrl+p", *"duplicate")
        await student.until(lambda: "No matches found" in student.shown())
        await student.pilot.press("escape", "escape")
        await student.settle()
        await student.in_assistant_mode()
        await student.pilot.press("ctrl+p", *"duplicate")
        await student.until(lambda: "Duplicate assistant" in student.shown())
        await student.pilot.press("enter", "enter")
        await student.until(lambda: "◉ Study Buddy copy" in student.shown())


async def test_a_start_with_a_new_conversation_is_one_in_completion_mode() -> None:
    data = MemoryData()
    async with Student(data=data).at_work() as student:
        await student.in_assistant_mode()
        await student.type("hm")
        await student.view.flush_draft()
    async with Student(data=data, settings=Settings(start_with="new")).at_work() as student:
        assert student.view.session.head.mode is Mode.COMPLETION
