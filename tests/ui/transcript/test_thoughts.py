"""The reasoning of a model: told in a line, shown on demand, never copied with the answer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from textual.selection import Selection

from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.transcript.entry import THOUGHTS
from studybuddy.ui.transcript.look import Look
from studybuddy.ui.transcript.selecting import selected_text, whole_message
from studybuddy.ui.transcript.thoughts import Thoughts
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import (
    RICH,
    answer,
    chunk_sizes,
    chunks,
    markdown_texts,
    plain_palette,
    question,
    texts,
)

SIZE = (60, 20)
LOOK = Look(50, plain_palette())


def thoughtful(reasoning: str = "First I look.\n\nThen I leap.", text: str = "Leap.") -> Message:
    return replace(answer(text), reasoning=reasoning)


def streaming() -> Message:
    return answer("", state=MessageState.STREAMING)


async def test_reasoning_is_a_line_that_unfolds_and_folds_again() -> None:
    app = Host([question(), thoughtful()])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        folded = ["Study Buddy", "▸ Thought: 6 words · t shows it", "Leap."]
        assert app.lines()[4:7] == folded
        assert app.transcript.toggle_thoughts()
        await pilot.pause()
        assert app.lines()[5:11] == [
            "▾ Thought: 6 words · t folds",
            "│ First I look.",
            "│",
            "│ Then I leap.",
            "",
            "Leap.",
        ]
        assert app.transcript.toggle_thoughts()
        await pilot.pause()
        assert app.lines()[4:7] == folded


async def test_a_click_on_the_line_unfolds_it() -> None:
    app = Host([question(), thoughtful()])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click(app.transcript, offset=(6, 5))
        await pilot.pause()
        assert app.lines()[6] == "│ First I look."
        await pilot.click(app.transcript, offset=(6, 6))
        await pilot.pause()
        assert app.lines()[6] == "│ First I look."
        assert app.transcript.cursor == 1
        await pilot.click(app.transcript, offset=(6, 5))
        await pilot.pause()
        assert app.lines()[6] == "Leap."


async def test_where_there_is_no_reasoning_there_is_nothing_to_unfold() -> None:
    app = Host([question(), answer("Plain."), question("?", "q2")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert not app.transcript.toggle_thoughts()
        app.transcript.append(replace(thoughtful(), id="b"))
        app.transcript.question_last()
        assert app.transcript.toggle_thoughts()  # of the message that is on the screen
        assert app.transcript._book.thoughts_shown(3)
        assert app.transcript._book.thoughts_shown(1) is None


async def test_it_is_counted_while_it_comes_and_timed_when_the_answer_begins() -> None:
    app = Host([question(), streaming()])
    now = 100.0
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        transcript._book.beside.clock = lambda: now
        for piece in ("Let me th", "ink. It", " is ", "42."):
            transcript.reasoning("a", piece)
        transcript._frame()
        await pilot.pause()
        assert app.lines()[5] == "▸ Thinking… 6 words · t shows it"
        now += 12.4
        transcript.stream("a", "It is 42.")
        transcript._frame()
        await pilot.pause()
        timed = "▸ Thought for 12 s, 6 words · t shows it"
        assert app.lines()[5:7] == [timed, "It is 42.▍"]
        done = replace(answer("It is 42."), reasoning="Let me think. It is 42.")
        transcript.replace(done)
        await pilot.pause()
        assert app.lines()[5:7] == [timed, "It is 42."]
        transcript.set_messages([question("other", "o")])
        transcript.set_messages([question(), done])
        await pilot.pause()
        assert app.lines()[5:7] == [timed, "It is 42."]


async def test_with_reduced_motion_no_number_runs() -> None:
    app = Host([question(), streaming()])
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.reduced_motion = True
        app.transcript.reasoning("a", "one two")
        app.transcript._frame()
        await pilot.pause()
        assert app.lines()[5] == "▸ Thinking… · t shows it"
        app.watch_painting()
        app.transcript.reasoning("a", " three four")
        app.transcript._frame()
        await pilot.pause()
        assert app.painted == []


async def test_reasoning_that_is_only_streamed_stays_when_the_answer_is_there() -> None:
    app = Host([question(), streaming()])
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.reasoning("a", "Hm, hm.")
        app.transcript.replace(answer("", state=MessageState.STOPPED))
        await pilot.resize_terminal(50, 20)
        await pilot.pause()
        assert app.lines()[5].endswith("2 words · t shows it")
        assert app.lines()[6] == "■ stopped"


async def test_while_it_is_folded_nothing_of_it_is_laid_out() -> None:
    app = Host([question(), streaming()])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.watch_painting()
        for _ in range(2_000):
            app.transcript.reasoning("a", "word after word, ")
        app.transcript._frame()
        await pilot.pause()
        assert sum(app.painted) <= 4
        thoughts = app.transcript._book.entry(1).thoughts
        assert thoughts._live is None
        assert app.lines()[5].startswith("▸ Thinking… 6,000 words")


async def test_unfolded_it_grows_at_the_end_of_the_screen() -> None:
    app = Host([question(), streaming()])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.transcript.reasoning("a", "Now")
        app.transcript.toggle_thoughts()
        for number in range(40):
            app.transcript.reasoning("a", f"\n\nline {number}")
        app.transcript._frame()
        await pilot.pause()
        assert app.transcript.following
        assert app.lines()[-2] == "│ line 39"


def test_copying_leaves_it_out() -> None:
    app = Host([question(), thoughtful()])
    book = app.transcript._book
    book.show_thoughts(1, True)
    assert selected_text(book, whole_message(book, 1)) == "Leap."
    everything = Selection(None, None)
    assert selected_text(book, everything).endswith("First I look.\n\nThen I leap.\nLeap.")


def test_code_in_it_is_no_code_block_of_the_answer() -> None:
    app = Host([question(), thoughtful("```\nrm -rf\n```", "```\nls\n```")])
    app.transcript._book.show_thoughts(1, True)
    assert app.transcript.current_code() == "ls"
    app.transcript.code_previous()
    app.transcript.code_previous()
    assert app.transcript.current_code() == "ls"


@given(st.one_of(markdown_texts, st.just(RICH * 20)), chunk_sizes)
def test_it_looks_the_same_streamed_and_whole(text: str, sizes: list[int]) -> None:
    streamed = Thoughts("", shown=True)
    pieces = chunks(text, sizes if len(text) < 1_000 else [997])
    for piece in pieces:
        streamed.add(piece)
        streamed.layout(LOOK, thinking=True)
    whole = Thoughts(text, shown=True)
    one, other = (thoughts.layout(LOOK, thinking=False) for thoughts in (streamed, whole))
    assert streamed.text == text
    assert texts(one.lines)[1:] == texts(other.lines)[1:]
    assert one.copy == other.copy
    for layout in (one, other):
        for line in layout.lines:
            for segment, offset in zip(line.segments, line.offsets, strict=True):
                if offset >= 0:
                    assert layout.copy[offset : offset + len(segment.text)] == segment.text


@given(st.text("ab \n", max_size=40), chunk_sizes)
def test_words_are_counted_as_in_the_whole(text: str, sizes: list[int]) -> None:
    thoughts = Thoughts("", shown=False)
    for piece in chunks(text, sizes):
        thoughts.add(piece)
    assert thoughts._words == len(text.split())


def test_lines_of_the_part_are_counted_before_it_is_laid_out() -> None:
    app = Host([question(), thoughtful("one\ntwo\nthree")])
    book = app.transcript._book
    assert book.entry(1).parts[THOUGHTS].height == 1
    book.show_thoughts(1, True)
    guess = book.entry(1).parts[THOUGHTS].height
    assert guess == 4
    book.layout(1, THOUGHTS)
    assert book.heights[1] == 2 + 5 + 1


def test_looked_at_again_after_its_end_it_stands_there_once() -> None:
    thoughts = Thoughts("First I look.", shown=True)
    thoughts.layout(LOOK, thinking=True)
    thoughts.add(" Then I leap.")
    once = thoughts.layout(LOOK, thinking=False).lines
    again = thoughts.layout(LOOK, thinking=False).lines
    texts_once = ["".join(segment.text for segment in line.segments) for line in once]
    assert texts_once == ["".join(segment.text for segment in line.segments) for line in again]
    assert sum("First I look." in text for text in texts_once) == 1
