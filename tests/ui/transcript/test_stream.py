"""What was streamed looks as if it had come at once."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from studybuddy.domain.messages import MessageState
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript import live as live_module
from studybuddy.ui.transcript.blocks import Code, Item, Table
from studybuddy.ui.transcript.entry import open_entry
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.lines import Layout, Line
from studybuddy.ui.transcript.live import Live
from studybuddy.ui.transcript.look import Around, Look
from studybuddy.ui.transcript.markdown import parse
from studybuddy.ui.transcript.tail import TailParser
from tests.ui.transcript.samples import (
    RICH,
    answer,
    chunk_sizes,
    chunks,
    markdown_texts,
    telling_palette,
)

PALETTE = telling_palette()


def stream(parser: TailParser, text: str, sizes: list[int]) -> None:
    for piece in chunks(text, sizes):
        parser.feed(piece)
    parser.close()


def picture(lines: list[Line]) -> list[tuple[object, ...]]:
    return [(line.segments, line.width, line.code) for line in lines]


@settings(max_examples=600, deadline=None)
@given(markdown_texts, chunk_sizes)
@example(RICH * 3, [7])
@example("- a\n- b|c\n|-|-|\n", [1])  # a table's header only where no list is before it
@example("```py|x\n|-|-|\n", [1])  # not a fence but a table's header
@example("a\n\nb\n---\n", [1])  # a paragraph that becomes a heading
@example("3. a\n3. b\n> 7. c\n3. d", [2])
@example("|a|b|\n|-|-|\n|1|2|\n\n|3|4|", [1])
@example("$$\n- item\n\\[\n$$x^2$$", [1])  # the second line of dollars ends nothing
@example("a\r\nb\rc\r", [1])
@example("\ud83d\ude00 half \ud83d", [1])
def test_the_blocks_of_a_streamed_text_are_those_of_the_whole(text: str, sizes: list[int]) -> None:
    parser = TailParser()
    stream(parser, text, sizes)

    assert parser.closed == parse(harmless(text))
    assert parser.open == []
    assert parser.text == harmless(text)


@settings(max_examples=200, deadline=None)
@given(markdown_texts, chunk_sizes)
def test_a_closed_block_never_changes(text: str, sizes: list[int]) -> None:
    parser = TailParser()
    seen: list[object] = []
    for piece in chunks(text, sizes):
        parser.feed(piece)
        assert parser.closed[: len(seen)] == seen
        seen = list(parser.closed)


@settings(max_examples=300, deadline=None)
@given(markdown_texts, chunk_sizes, st.integers(14, 60), st.integers(10, 200))
@example(RICH, [5], 40, 60)
def test_the_lines_of_a_streamed_text_are_those_of_the_whole(
    text: str, sizes: list[int], width: int, seal: int
) -> None:
    before, live_module.SIZE = live_module.SIZE, seal
    try:
        live = Live(width, PALETTE)
        sealed = [done for piece in chunks(text, sizes) for done in live.feed(piece)]
        sealed += live.close()
    finally:
        live_module.SIZE = before
    layouts = [layout for _, layout in sealed] + [live.layout()]
    sections = [section for section, _ in sealed] + [live.section]
    whole = lay_out(parse(harmless(text)), width, PALETTE)

    assert picture([line for layout in layouts for line in layout.lines]) == [
        (segments, line_width, code)
        for segments, line_width, code in renumbered(whole.lines, layouts)
    ]
    assert "\n\n".join([layout.copy for layout in layouts]) == whole.copy
    assert [code for layout in layouts for code in layout.codes] == whole.codes
    # A sealed part can be made again from its source.
    for section, layout in zip(sections, layouts, strict=True):
        again = lay_out(section.blocks(), width, PALETTE)
        assert picture(again.lines) == picture(layout.lines[section.lead :])
        assert again.copy == layout.copy


def renumbered(lines: list[Line], layouts: list[Layout]) -> list[tuple[object, ...]]:
    """Return the picture of the whole with the code blocks numbered in each part from 0."""
    result: list[tuple[object, ...]] = []
    first_code = 0
    rest = iter(lines)
    for layout in layouts:
        for _ in layout.lines:
            line = next(rest)
            code = line.code if line.code < 0 else line.code - first_code
            result.append((line.segments, line.width, code))
        first_code += len(layout.codes)
    assert next(rest, None) is None
    return result


@settings(max_examples=100, deadline=None)
@given(markdown_texts, chunk_sizes, st.integers(14, 60), st.integers(14, 60))
def test_another_width_while_streaming_gives_the_lines_of_that_width(
    text: str, sizes: list[int], first: int, second: int
) -> None:
    live = Live(first, PALETTE)
    pieces = chunks(text, sizes)
    for number, piece in enumerate(pieces):
        if number == len(pieces) // 2:
            live.relay(second, PALETTE)
        live.feed(piece)
    live.relay(second, PALETTE)
    live.close()

    whole = lay_out(parse(harmless(text)), second, PALETTE)
    assert picture(live.lines()) == picture(whole.lines)


@settings(deadline=None)
@given(st.lists(markdown_texts, min_size=1, max_size=4), st.integers(20, 50))
def test_an_answer_that_was_written_unseen_looks_the_same(parts: list[str], width: int) -> None:
    look = Look(width, PALETTE)
    entry = open_entry(answer("", state=MessageState.STREAMING), look, Around(last=True))
    for part in parts:
        entry.expect(part, look)
    entry.finish()
    whole = open_entry(answer("".join(parts)), look, Around(last=True))

    assert [picture(entry.layout(number, look).lines) for number in range(len(entry.parts))] == [
        picture(whole.layout(number, look).lines) for number in range(len(whole.parts))
    ]


def test_unchanged_lines_stay_the_same_objects_while_the_text_grows() -> None:
    live = Live(40, PALETTE)
    live.feed("First paragraph.\n\nSecond one is still ")
    before = live.lines()
    live.feed("being written, and needs more than one line by now.")
    after = live.lines()

    assert after[0] is before[0]
    assert after[1] is before[1]
    assert after[2] is not before[2]
    assert len(after) == 4


def test_finished_lines_of_open_code_stay_the_same_objects() -> None:
    live = Live(60, PALETTE)
    live.feed("```python\n" + "".join([f"x{n} = {n}\n" for n in range(200)]) + "y = ")
    before = live.lines()
    live.feed("1\nz")
    after = live.lines()

    assert after[:200] == before[:200]
    assert after[-2].text.strip("│ ") == "y = 1"
    assert after[-1].text.strip("│ ") == "z"


def test_a_long_fence_list_or_table_leaves_only_its_end_to_be_parsed() -> None:
    long = {
        "```\n" + "a line of code\n" * 500: Code,
        "- an item\n" * 500: Item,
        "|a|b|\n|-|-|\n" + "|1|2|\n" * 500: Table,
    }
    for text, kind in long.items():
        parser = TailParser()
        parser.feed(text)
        parser.feed("")
        assert isinstance((parser.open or parser.closed)[-1], kind)
        assert len(parser.text) - parser._base <= 12


def test_the_end_of_a_line_that_may_become_something_else_is_not_shown() -> None:
    for undecided in ("-", "1.", "#", "```", "---", "|a|b|", "|a|b|\n|--"):
        live = Live(40, PALETTE)
        live.feed("Before\n\n" + undecided)
        assert [line.text for line in live.lines()] == ["Before"], undecided
        live.close()
        assert len(live.lines()) > 1
