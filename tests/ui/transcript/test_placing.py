"""Going to messages, to words in them, and back to where one was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.style import Style

from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.transcript import Transcript
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import RICH, answer, question

SIZE = (60, 20)
WORDS = " ".join([f"w{n}" for n in range(2_000)])


def talk(count: int) -> list[Message]:
    return [
        question(f"Question {n}", str(n)) if n % 2 == 0 else answer(f"Answer {n}", str(n))
        for n in range(count)
    ]


def marked(app: Host) -> list[str]:
    """The texts that are marked on the screen."""
    return [
        segment.text
        for strip in app.transcript._strips
        for segment in strip
        if (segment.style or Style()).reverse
    ]


async def test_the_end_is_an_empty_place() -> None:
    app = Host(talk(30))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.transcript.place == ""
        app.transcript.scroll_lines(-10)
        assert app.transcript.place != ""
        app.transcript.go_to("")
        assert app.transcript.following
        app.transcript.scroll_lines(-10)
        app.transcript.go_to("no such message:12")
        assert app.transcript.following
        app.transcript.go_to("nonsense")
        app.transcript.clear()
        assert app.transcript.place == ""


@pytest.mark.parametrize("size", [SIZE, (90, 30), (45, 12)])
async def test_a_place_is_found_again_in_another_app_of_another_width(
    size: tuple[int, int],
) -> None:
    messages = [*talk(10), answer(f"{RICH}\n\n{WORDS}\n\n{RICH}", "long"), *talk(0)]
    app = Host(messages)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.transcript.scroll_lines(-60)
        await pilot.pause()
        place = app.transcript.place
        word = app.lines()[0].split()[0]
    assert place.startswith("long:")
    assert word.startswith("w")
    again = Host(messages)
    again.transcript.go_to(place)  # before there is any size
    async with again.run_test(size=size) as pilot:
        await pilot.pause()
        assert word in again.lines()[0].split()
        assert again.transcript.place.rpartition(":")[0] == "long"
        assert not again.transcript.following


@pytest.mark.parametrize("lines", range(1, 40, 7))
async def test_at_the_same_width_the_same_line_is_at_the_top(lines: int) -> None:
    long = replace(question("\n".join(["typed", *RICH.split("\n") * 3]), "typed"))
    messages = [long, answer(RICH, "rich"), *talk(8)]
    app = Host(messages)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.transcript.scroll_lines(-lines)
        await pilot.pause()
        place, before = app.transcript.place, app.lines()
        app.transcript.follow_end()
        app.transcript.go_to(place)
        await pilot.pause()
        now = app.lines()
        assert before[2] in now[:5]  # a blank line above, at most


async def test_a_message_is_shown_chosen_and_its_words_are_marked_until_the_cursor_moves() -> None:
    text = f"{WORDS}\n\nThe **mito**chondrion is the Powerhouse, mitochondria are many.\n\n{WORDS}"
    app = Host([*talk(20), answer(text, "cell"), question("?", "end")])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        transcript.focus()
        await pilot.pause()
        assert transcript.show_message("cell", ["mitochondri", "POWERHOUSE"])
        await pilot.pause()
        assert transcript.chosen is not None
        assert transcript.chosen.id == "cell"
        assert "The mitochondrion is the Powerhouse" in " ".join(app.lines()[4:8])
        assert "".join(marked(app)) == "mitochondrionPowerhousemitochondria"
        transcript.cursor_next()
        await pilot.pause()
        assert marked(app) == []
    moved = [event.index for event in app.events if isinstance(event, Transcript.CursorMoved)]
    assert moved == [20, 21]


async def test_a_folded_message_is_unfolded_where_words_are_looked_for() -> None:
    pasted = "\n".join([f"line {n}" for n in range(100)])
    app = Host([question(f"{pasted}\nneedle\n{pasted}"), answer("Yes.")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.transcript.show_message("q", ["needle"])
        await pilot.pause()
        assert "needle" in app.lines()
        assert marked(app) == ["needle"]


async def test_without_words_or_without_a_hit_the_head_is_at_the_top() -> None:
    app = Host([*talk(60), answer(WORDS, "long")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for words in ([], ["nowhere"], ["", " "]):
            app.transcript.follow_end()
            assert app.transcript.show_message("31", words)
            await pilot.pause()
            assert app.lines()[1:3] == ["Study Buddy", "Answer 31"]
        assert not app.transcript.show_message("gone", ["x"])


async def test_a_hit_is_shown_as_soon_as_there_is_a_size() -> None:
    app = Host([*talk(60)])
    app.transcript.show_message("20", ["question"])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "Question 20" in app.lines()
        assert marked(app) == ["Question"]


async def test_questions_are_gone_through_from_the_last_one() -> None:
    app = Host([*talk(9), answer(WORDS, "long")])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        await pilot.pause()
        seen: list[str] = []
        for _ in range(6):
            assert transcript.question_last() is (len(seen) < 5)
            await pilot.pause()
            assert transcript.chosen is not None
            seen.append(transcript.chosen.id)
        assert seen == ["8", "6", "4", "2", "0", "0"]
        transcript.cursor_next()
        transcript.question_last()
        await pilot.pause()
        assert transcript.chosen is not None
        assert transcript.chosen.id == "8"
        assert app.lines()[1:3] == ["You", "Question 8"]


async def test_heads_tell_of_versions_variations_and_answers_that_were_cut() -> None:
    cut = replace(answer("Half", "a"), finish_reason="length", variation="simpler", model="m")
    app = Host([question(), cut])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        transcript.keys = transcript.keys._replace(go_on="Alt+C")
        transcript.set_alternatives({"a": (2, 3), "q": (1, 1), "elsewhere": (1, 2)})
        await pilot.pause()
        assert app.lines()[1] == "You"
        assert app.lines()[4:7] == [
            "Study Buddy · 2/3 · simpler · cut · m",
            "Half",
            "■ cut at the longest answer · Alt+C has it go on",
        ]
        transcript.set_alternatives({"q": (1, 2)})
        transcript.append(question("And?", "q2"))
        await pilot.pause()
        assert app.lines()[1] == "You · 1/2"
        assert app.lines()[4] == "Study Buddy · simpler · cut · m"
        assert app.lines()[6] == "■ cut at the longest answer"


async def test_only_what_the_model_cut_is_said_to_be_cut() -> None:
    stopped = replace(answer("Half", "a", MessageState.STOPPED), finish_reason="length")
    whole = replace(answer("All", "b"), finish_reason="stop")
    app = Host([question(), stopped, whole])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "cut" not in "\n".join(app.lines())
