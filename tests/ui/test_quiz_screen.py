"""The quiz on the screen."""

from __future__ import annotations

import json

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.events import Key

from studybuddy.study.quiz import Answers, Question, Quiz, parse
from studybuddy.ui.screens.quiz import QuizScreen
from tests.ui.dialog_host import OPEN, DialogHost

CELLS = Question("What makes energy in a cell?", ("Nucleus", "Mitochondria", "Ribosome"))
WHY = Question("Why do leaves look green?")
SUM = Question("What is 6 times 7?", ("40", "42"))
QUIZ = Quiz("Biology", (CELLS, WHY, SUM))
LONG = Quiz(
    "A long quiz",
    tuple(
        Question(f"Question {n}: " + "and so on with many words " * 30, ("first " * 40,) * 6)
        for n in range(1, 51)
    ),
)
SIZES = [(80, 24), (140, 40)]


def answers(host: DialogHost) -> list[str | None]:
    return [one["answer"] for one in json.loads(host.result)]


async def test_a_quiz_is_answered_by_keyboard_alone_and_handed_in() -> None:
    async with DialogHost(QuizScreen(QUIZ)).open() as host:
        assert "1 of 3" in host.shown()
        await host.press("b", "enter")
        assert "2 of 3" in host.shown()
        await host.press(*"Light", "enter")
        await host.press("2", "enter")
        assert "All answered." in host.shown()
        assert "Mitochondria" in host.shown()
        assert host.result is OPEN
        await host.press("enter")
        assert answers(host) == ["Mitochondria", "Light", "42"]


async def test_arrows_choose_and_left_or_backspace_goes_back_to_what_was_answered() -> None:
    async with DialogHost(QuizScreen(QUIZ)).open() as host:
        await host.press("down", "down", "down", "down", "up", "enter")
        await host.press("backspace")
        assert "▸B  Mitochondria" in host.shown()
        await host.press("right", "x", "enter", "left")
        assert "2 of 3" in host.shown()
        await host.press("y", "alt+left", "enter")
        assert "xy" in host.shown()


async def test_enter_goes_on_from_a_free_response_and_ctrl_j_starts_a_line() -> None:
    async with DialogHost(QuizScreen(Quiz("T", (WHY, WHY)))).open() as host:
        await host.press("a", "ctrl+j", "b", "enter", "c", "enter", "enter")
        assert answers(host) == ["a\nb", "c"]


async def test_letters_in_a_free_response_are_text_and_choose_nothing() -> None:
    async with DialogHost(QuizScreen(Quiz("T", (WHY, SUM)))).open() as host:
        await host.press("b", "1", "enter", "end", "enter", "end", "enter")
        assert answers(host) == ["b1", "42"]


async def test_an_open_question_is_pointed_at_and_held_enter_hands_nothing_in() -> None:
    async with DialogHost(QuizScreen(QUIZ)).open() as host:
        await host.press("enter", "enter", "enter")
        assert "3 of 3 not answered yet." in host.shown()
        await host.press(*["enter"] * 8)
        assert host.result is OPEN
        await host.press("end", "enter")
        assert answers(host) == [None, None, None]


async def test_an_answer_is_changed_from_the_last_page_and_enter_returns_there() -> None:
    draft = Answers((0, "Light", 1), 3).to_draft(QUIZ)
    async with DialogHost(QuizScreen(QUIZ, draft)).open() as host:
        await host.press("home", "enter")
        assert "1 of 3" in host.shown()
        await host.press("c", "enter")
        assert "Your answers" in host.shown()
        await host.press("enter")
        assert answers(host) == ["Ribosome", "Light", "42"]


async def test_esc_puts_it_off_and_the_draft_resumes_it() -> None:
    drafts: list[str] = []
    async with DialogHost(QuizScreen(QUIZ, "", drafts.append)).open() as host:
        await host.press("b", "enter", *"Lig", "escape")
        assert host.result is None
    assert Answers.from_draft(drafts[-1], QUIZ) == Answers((1, "Lig", None), 1)
    async with DialogHost(QuizScreen(QUIZ, drafts[-1])).open() as host:
        assert "2 of 3" in host.shown()
        await host.press(*"ht", "enter", "a", "enter", "enter")
        assert answers(host) == ["Mitochondria", "Light", "40"]


async def test_each_change_is_kept_and_nothing_else() -> None:
    drafts: list[str] = []
    async with DialogHost(QuizScreen(QUIZ, "", drafts.append)).open() as host:
        await host.press("b")
        assert len(drafts) == 1
        await host.press("b", "z", "f1")
        assert len(drafts) == 1
        await host.press("enter", *"Hi")
        assert len(drafts) == 4


async def test_a_draft_of_another_quiz_is_ignored() -> None:
    draft = Answers((1,), 1).to_draft(Quiz("Other", (SUM,)))
    async with DialogHost(QuizScreen(QUIZ, draft)).open() as host:
        assert "1 of 3" in host.shown()
        assert "▸" not in host.shown()


async def test_the_mouse_chooses_goes_on_and_hands_in() -> None:
    async with DialogHost(QuizScreen(Quiz("T", (CELLS, SUM)))).open() as host:
        await host.click_on("Ribosome")
        await host.click_on("Next")
        await host.click_on("42")
        await host.click_on("Review")
        await host.click_on("What makes energy")
        await host.click_on("Nucleus")
        await host.click_on("Review")
        await host.click_on("Hand in")
        assert answers(host) == ["Nucleus", "42"]


@pytest.mark.parametrize("size", SIZES)
async def test_long_questions_and_choices_wrap_and_scroll(size: tuple[int, int]) -> None:
    async with DialogHost(QuizScreen(LONG)).open(size) as host:
        assert "Question 1:" in host.shown()
        await host.press("f")
        assert "▸F" in host.shown()
        await host.press("home")
        assert "▸A" in host.shown()
        await host.press("pageup", "pageup", "pageup")
        assert "Question 1:" in host.shown()
        await host.press("enter", "a", "enter")
        assert "Question 3:" in host.shown()


@pytest.mark.parametrize("size", SIZES)
async def test_fifty_answers_are_reviewed_and_handed_in(size: tuple[int, int]) -> None:
    draft = Answers((0,) * 50, 49).to_draft(LONG)
    async with DialogHost(QuizScreen(LONG, draft)).open(size) as host:
        assert "50 of 50" in host.shown()
        await host.press("enter")
        assert "✓  Hand in" in host.shown()
        await host.press("home")
        assert " 1  Question 1:" in host.shown()
        await host.press("end", "enter")
        assert len(answers(host)) == 50


async def test_text_of_the_model_is_neither_markup_nor_control_characters() -> None:
    nasty = "[red]Is\x1b[31m[/] this [@click=app.quit]red[/]?"
    question = {"question_text": nasty, "choices": [nasty, "[b]no[/b]"]}
    quiz = parse(json.dumps({"title": nasty, "questions": [question]}))
    async with DialogHost(QuizScreen(quiz)).open((140, 40)) as host:
        assert host.shown().count("[red]Is␛[31m[/] this [@click=app.quit]red[/]?") == 3
        assert "[b]no[/b]" in host.shown()
        await host.press("a", "enter")
        assert host.shown().count("[red]Is␛[31m[/] this [@click=app.quit]red[/]?") == 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("page", ["choice", "free", "review"])
async def test_what_it_looks_like(
    size: tuple[int, int], page: str, snapshot: SnapshotAssertion
) -> None:
    given: tuple[int, str, None] = (1, "Chlorophyll takes the other colours.", None)
    draft = Answers(given, ["choice", "free", "", "review"].index(page)).to_draft(QUIZ)
    async with DialogHost(QuizScreen(QUIZ, draft)).open(size) as host:
        assert host.shown() == snapshot


async def test_the_keys_of_an_editor_edit_a_free_response() -> None:
    async with DialogHost(QuizScreen(Quiz("T", (SUM, WHY)))).open() as host:
        await host.press("a", "enter", *"abd", "left", "c", "home", "x", "end", "y", "right", "up")
        await host.press("backspace", "down", "z")
        assert "2 of 2" in host.shown()
        await host.press("enter", "enter")
        assert answers(host) == ["40", "xabcdyz"]


async def test_enter_held_on_the_last_page_hands_in_once_and_closes_nothing_else() -> None:
    draft = Answers((1,), 1).to_draft(Quiz("T", (SUM,)))
    host = DialogHost(QuizScreen(Quiz("T", (SUM,)), draft))
    async with host.open():
        for _ in range(3):  # as they come from a terminal: all before the first one is seen to
            host.dialog.post_message(Key("enter", None))
        await host.press()
        assert answers(host) == ["42"]
        assert len(host.screen_stack) == 1
