"""Long messages, of which only the beginning is shown."""

from __future__ import annotations

import pytest
from textual.selection import Selection

from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.transcript.look import FOLDED, LONG, estimate, is_long
from studybuddy.ui.transcript.selecting import selected_text, whole_message
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import answer, question

SIZE = (60, 24)
PASTED = "\n".join([f"line {n}" for n in range(1, 101)])


@pytest.mark.parametrize(
    ("message", "long"),
    [
        (question("Why?"), False),
        (question("x\n" * (LONG - 1)), False),
        (question("x\n" * LONG), True),
        (question("word " * 1_000), True),
        (answer("x\n" * 1_000), False),
    ],
)
def test_only_long_questions_are_folded_at_first(message: Message, long: bool) -> None:
    assert is_long(message) is long
    assert Host([message]).transcript._book.is_folded(0) is long


async def test_a_pasted_question_shows_its_first_lines_and_how_many_more_there_are() -> None:
    app = Host([question(PASTED), answer("Yes.")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.lines()[2:15] == [
            *[f"line {n}" for n in range(1, FOLDED + 1)],
            "… 88 more lines · f unfolds",
        ]
        assert app.lines()[16:18] == ["Study Buddy", "Yes."]
        assert app.transcript.toggle_fold()
        await pilot.pause()
        assert app.lines()[2:21] == [f"line {n}" for n in range(1, 20)]
        assert app.transcript.cursor == 0
        assert app.transcript.toggle_fold()
        await pilot.pause()
        assert app.lines()[14] == "… 88 more lines · f unfolds"


async def test_a_click_on_the_line_below_unfolds() -> None:
    app = Host([question(PASTED), answer("Yes.")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click(app.transcript, offset=(6, 14))
        await pilot.pause()
        assert app.lines()[14] == "line 13"


async def test_folding_keeps_the_message_on_the_screen_and_the_end_where_it_was_followed() -> None:
    long = answer("\n\n".join([f"part {n}" for n in range(200)]))
    app = Host([question(), long])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        await pilot.pause()
        assert transcript.toggle_fold()
        await pilot.pause()
        assert transcript.following
        assert app.lines()[3:6] == ["", "Study Buddy", "part 0"]
        assert transcript.toggle_fold()
        await pilot.pause()
        assert not transcript.following
        assert app.lines()[4:6] == ["Study Buddy", "part 0"]
        transcript.scroll_lines(200)
        transcript.toggle_fold()
        await pilot.pause()
        assert "part 0" in app.lines()
        assert "… 387 more lines · f unfolds" in app.lines()


async def test_short_messages_and_answers_that_are_being_written_do_not_fold() -> None:
    live = answer("x\n\n" * 50, "live", MessageState.STREAMING)
    app = Host([question(), live])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert not app.transcript.toggle_fold()
        app.transcript.cursor_previous()
        app.transcript.cursor_previous()
        assert not app.transcript.toggle_fold()
        app.transcript.replace(answer("x\n\n" * 50, "live"))
        assert not app.transcript._book.is_folded(1)


async def test_one_endless_line_folds_too() -> None:
    app = Host([question("word " * 2_000)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        [fold] = [line for line in app.lines()[:16] if line.startswith("…")]
        assert fold.startswith("… 9,")
        assert fold.endswith(" more characters · f unfolds")


def test_copying_gives_the_whole_of_a_folded_message() -> None:
    app = Host([question(PASTED), answer("Yes.")])
    book = app.transcript._book
    assert selected_text(book, whole_message(book, 0)) == PASTED
    assert selected_text(book, Selection(None, None)).startswith(PASTED)


async def test_code_below_the_fold_is_found_and_unfolded() -> None:
    text = f"{PASTED}\n```\none\n```\n{PASTED}\n```py\ntwo\n```"
    app = Host([question(text), answer("Yes.", "b")])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        await pilot.pause()
        assert transcript.current_code() == "two"
        assert transcript._book.is_folded(0)
        transcript.code_previous()
        await pilot.pause()
        assert not transcript._book.is_folded(0)
        assert transcript.current_code() == "two"
        assert any("two" in line for line in app.lines())
        transcript.code_previous()
        assert transcript.current_code() == "one"


async def test_what_was_chosen_stays_when_the_conversation_is_shown_again() -> None:
    messages = [question(PASTED), answer("Yes.")]
    app = Host(messages)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.transcript.toggle_fold()
        app.transcript.set_messages([question("other", "o")])
        app.transcript.set_messages(messages)
        await pilot.resize_terminal(50, 24)
        app.transcript.scroll_home()
        await pilot.pause()
        assert app.lines()[14] == "line 13"


def test_the_guess_of_the_height_knows_of_folds() -> None:
    assert estimate(question(PASTED), 50) == 2 + 100 + len(PASTED) // 50
    assert estimate(question(PASTED), 50, folded=True) == 2 + FOLDED + 1
