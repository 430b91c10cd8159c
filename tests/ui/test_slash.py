"""Templates and commands that are called by a slash at the beginning of the prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual import events
from textual.pilot import Pilot

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Template
from studybuddy.study.templates import TEMPLATES
from studybuddy.ui.app import StudyBuddyApp
from studybuddy.ui.command import Command
from studybuddy.ui.commands import BY_ID
from studybuddy.ui.screens.chat import ChatScreen
from studybuddy.ui.slash import COMMANDS
from studybuddy.ui.widgets.completion_list import CompletionList
from studybuddy.ui.widgets.prompt import Prompt
from tests.support.memory_library import MemoryLibrary
from tests.ui.app_under_test import Student
from tests.ui.test_snapshots import SIZES, picture

SUMMARISE = Template("summarise", "Say a text in fewer words.", "Sum up {{text}}")
SENTIMENT = Template("sentiment", "Say how the writers of reviews feel.", "Judge {{text}}")


class SlowLibrary(MemoryLibrary):
    """A library whose templates are read when it is told to."""

    def __init__(self) -> None:
        super().__init__(templates=[SUMMARISE, SENTIMENT])
        self.gate = asyncio.Event()
        self.gate.set()
        self.problem: Problem | None = None

    async def templates(self) -> Sequence[Template]:
        await self.gate.wait()
        if self.problem is not None:
            raise StudyBuddyError(self.problem)
        return await super().templates()


class Slasher(Student):
    """A student with two templates; what is called is noted, and not carried out."""

    def __init__(self, *scripts: Any) -> None:
        super().__init__(*scripts)
        self.library = SlowLibrary()
        self.app = StudyBuddyApp(replace(self.app.services, library=self.library))
        self.called: list[tuple[str, ...]] = []

        def note(event: events.Message) -> None:
            match event:
                case Prompt.CommandChosen(command_id):
                    self.called.append((command_id,))
                case Prompt.TemplateChosen(name, rest):
                    self.called.append((name, rest))

        self.note = note
        self.pilot: Pilot[None]

    async def begin(self) -> None:
        """Note what the prompt tells."""
        prompt, post = self.view.prompt, self.view.prompt.post_message

        def posted(message: Any) -> bool:
            if isinstance(message, Prompt.CommandChosen | Prompt.TemplateChosen):
                self.note(message)
                return True
            return post(message)

        prompt.post_message = posted  # type: ignore[method-assign]

    @property
    def text(self) -> str:
        return self.view.prompt.text

    @property
    def listed(self) -> list[str]:
        """What is offered."""
        lists = self.app.screen.query(CompletionList)
        if not lists or not lists.first().display:
            return []
        return [entry.label for entry in lists.first()._entries]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()


def commands() -> Sequence[Command]:
    return [BY_ID[command] for command in COMMANDS.values()]


def test_every_name_is_of_a_command_that_there_is() -> None:
    ways = {command.id for command in commands() if not command.feature}
    assert all(hasattr(ChatScreen, f"action_{command}") for command in ways)
    assert all(command.help for command in commands())
    assert all(name == name.lower() and name.isalpha() for name in COMMANDS)


async def test_a_slash_offers_templates_and_what_can_be_done_right_now() -> None:
    async with Slasher().at_work() as student:
        await student.type("/")
        await student.settle()
        assert student.listed[:3] == ["/sentiment", "/summarise", "/new"]
        assert "/settings" in student.listed
        assert "/retry" not in student.listed  # nothing was asked yet
        assert "/notes" not in student.listed  # it is of assistant mode


async def test_what_is_typed_is_found_with_letters_left_out_and_enter_runs_what_it_begins() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        await student.type("/smrs")
        await student.settle()
        assert student.listed == ["/summarise"]
        await student.press("backspace", "backspace", "backspace", "e", "t")
        assert student.listed[0] == "/settings"
        assert "Enter runs it" in student.shown()
        await student.press("enter")
        assert student.called == [("settings",)]
        assert student.text == ""
        assert student.listed == []


async def test_arrows_choose_and_tab_completes() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        await student.type("/se")
        await student.press("down", "up", "up", "down", "tab")
        assert student.text == "/sentiment "
        assert student.listed == ["/sentiment"]
        assert "Enter fills it in" in student.shown()
        await student.type("Nice!")
        await student.press("enter")
        assert student.called == [("sentiment", "Nice!")]
        assert student.text == "/sentiment Nice!"  # until the form has been filled in


async def test_a_template_that_was_begun_is_written_out_before_its_form_opens() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        await student.type("/su")
        await student.press("enter")
        assert student.called == [("summarise", "")]
        assert student.text == "/summarise"


async def test_escape_closes_and_what_is_typed_is_text_then() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        await student.type("/new")
        await student.press("escape")
        assert (student.listed, student.text) == ([], "/new")
        await student.press("enter")
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.called == []
        assert student.view.session.messages[0].text == "/new"


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "/etc/hosts",
        "//",
        "// is a comment",
        "/^a+$/",
        "/nothing of that name",
        "/new line characters in C",
        "what is /new",
    ],
)
async def test_a_prompt_that_merely_begins_with_a_slash_is_sent(text: str) -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        await student.type(text.replace("/", "\0").replace("\0", "/"))
        await student.press("enter")
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.called == []
        assert student.view.session.messages[0].text == text


async def test_a_name_that_is_typed_exactly_runs_however_it_came_there() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        for text, called in (
            ("/Help", ("help",)),
            ("/new ", ("new",)),
            ("/summarise\nA text\nof two lines", ("summarise", "A text\nof two lines")),
        ):
            student.view.prompt.put(text)
            await student.press("enter")
            assert student.called.pop() == called


async def test_enter_waits_for_templates_that_are_still_being_read() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        student.library.gate.clear()
        await student.type("/summ")
        await student.press("enter")
        assert student.called == []
        assert student.text == "/summ"
        student.library.gate.set()
        await student.until(lambda: student.called == [("summarise", "")])


async def test_enter_on_an_unknown_name_sends_it_when_the_templates_are_read() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        student.library.gate.clear()
        student.view.prompt.put("/haiku on cells")
        await student.press("enter")
        assert not student.view.session.messages
        student.library.gate.set()
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        assert student.view.session.messages[0].text == "/haiku on cells"


async def test_templates_that_can_not_be_read_are_told_and_commands_go_on() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        student.library.problem = Problem(ProblemKind.STORAGE, "The disk is gone.")
        await student.type("/help")
        await student.until(lambda: "The disk is gone." in student.told())
        await student.press("enter")
        assert student.called == [("help",)]


async def test_a_paste_opens_no_list() -> None:
    async with Slasher().at_work() as student:
        student.view.prompt.post_message(events.Paste("/usr/bin/env python\n@dataclass\n" * 200))
        await student.settle()
        await student.press("enter")
        assert student.listed == []


async def test_the_list_goes_with_the_word() -> None:
    async with Slasher().at_work() as student:
        await student.type("/per")
        await student.settle()
        assert student.listed
        await student.type("x")
        await student.settle()
        assert student.listed == []
        await student.press("backspace")
        assert student.listed[0] == "/persona"
        await student.press("ctrl+j")
        assert student.listed == []
        await student.press("ctrl+n")
        await student.settle()
        assert student.listed == []


async def test_an_entry_can_be_clicked() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        await student.type("/")
        await student.settle()
        await student.pilot.click(CompletionList, offset=(5, 2))
        await student.settle()
        assert student.called == [("new",)]
        assert student.view.prompt.has_focus


async def test_a_command_is_carried_out() -> None:
    async with Slasher().at_work() as student:
        before = student.view.session
        await student.ask("Hello?")
        await student.type("/new")
        await student.press("enter")
        await student.until(lambda: student.view.session is not before)
        await student.type("/help")
        await student.press("enter")
        await student.until(lambda: type(student.app.screen).__name__ == "HelpScreen")


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_a_slash(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with Slasher().at_work(size) as student:
        await student.type("/s")
        await student.settle()
        await student.counted()
        assert picture(student) == snapshot


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("notes", "“Notes” is of assistant mode"),
        ("assistants", "“Assistants” is of assistant mode"),
        ("steps", "“Steps” is of assistant mode"),
        ("retry", "Nothing was said here yet."),
        ("differently", "Nothing was said here yet."),
    ],
)
async def test_a_command_that_cannot_be_carried_out_says_why_and_stays_unsent(
    command: str, why: str
) -> None:
    async with Slasher().at_work() as student:
        await student.type(f"/{command}")
        await student.press("enter")
        assert why in student.told()
        assert student.text == f"/{command}"
        assert student.provider.requests == []


async def test_a_name_that_calls_nothing_is_sent_by_a_second_enter() -> None:
    async with Slasher().at_work() as student:
        await student.type("/setings")
        await student.press("enter")
        assert "There is no /setings. Did you mean /settings?" in student.told()
        assert student.text == "/setings"
        await student.press("enter")
        await student.until(lambda: student.view.session.messages)
        assert student.view.session.messages[0].text == "/setings"


async def test_a_template_with_the_name_of_a_command_does_not_hide_it() -> None:
    async with Slasher().at_work() as student:
        await student.begin()
        await student.library.save_template(Template("help", text="Help me"))
        await student.type("/help")
        await student.press("enter")
        assert student.called == [("help",)]


def test_no_template_of_the_app_has_the_name_of_a_command() -> None:
    assert not {template.name for template in TEMPLATES} & set(COMMANDS)
