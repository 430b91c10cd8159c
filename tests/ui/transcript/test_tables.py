"""Tables fit the width, and long ones are laid out part by part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.ui.transcript.columns import fit
from studybuddy.ui.transcript.entry import open_entry
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.live import Live
from studybuddy.ui.transcript.look import Around, Look
from studybuddy.ui.transcript.markdown import parse
from studybuddy.ui.transcript.sections import split_markdown
from studybuddy.ui.transcript.tables import MEASURED
from tests.ui.transcript.samples import answer, plain_palette, texts

PALETTE = plain_palette()
WIDE = """\
| Part | Does | Found in |
|---|---|--:|
| chloroplast | makes sugar from light | leaves |
| root | drinks |  |
"""


def shown(text: str, width: int) -> list[str]:
    return [line.rstrip() for line in texts(lay_out(parse(text), width, PALETTE).lines)]


def long_table(rows: int) -> str:
    body = "".join([f"| {n} | item **{n}** | {'w' * (n % 7)} |\n" for n in range(rows)])
    return f"Before.\n\n| n | name | more |\n|--:|---|---|\n{body}\nAfter it.\n"


def test_wide_columns_wrap_and_no_word_is_broken() -> None:
    assert shown(WIDE, 40) == [
        "Part        │ Does            │ Found in",
        "────────────┼─────────────────┼─────────",
        "chloroplast │ makes sugar     │   leaves",
        "            │ from light      │",
        "────────────┼─────────────────┼─────────",
        "root        │ drinks          │",
    ]


def test_where_the_columns_do_not_fit_each_row_is_told_cell_by_cell() -> None:
    assert shown(WIDE, 24) == [
        "Part: chloroplast",
        "Does: makes sugar from",
        "  light",
        "Found in: leaves",
        "",
        "Part: root",
        "Does: drinks",
    ]
    layout = lay_out(parse(WIDE), 24, PALETTE)
    for line in layout.lines:  # what can be selected is the cells
        for segment, offset in zip(line.segments, line.offsets, strict=True):
            assert offset < 0 or layout.copy.startswith(segment.text, offset)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 12)), max_size=8), st.integers(0, 120))
def test_columns_take_no_more_than_there_is_and_no_less_than_their_words(
    columns: list[tuple[int, int]], room: int
) -> None:
    naturals = [max(natural, word) for natural, word in columns]
    words = [word for _, word in columns]
    widths = fit(naturals, words, room)
    if not widths:
        assert not columns or sum(words) > room
        return
    assert sum(widths) <= room
    assert all(w <= width <= n for w, width, n in zip(words, widths, naturals, strict=True))
    assert sum(widths) == min(room, sum(naturals))


def rendered(text: str, width: int) -> list[str]:
    """Return the lines of the sections of a text, one below the other."""
    lines: list[str] = []
    for section in split_markdown(text):
        lines += [""] * section.lead + texts(lay_out(section.blocks(), width, PALETTE).lines)
    return lines


@pytest.mark.parametrize("width", [14, 30, 80])
@pytest.mark.parametrize("rows", [MEASURED - 1, MEASURED, MEASURED + 1, 3 * MEASURED + 7])
def test_the_parts_of_a_long_table_look_like_the_whole(rows: int, width: int) -> None:
    text = long_table(rows)
    whole = lay_out(parse(text), width, PALETTE)
    live = Live(width, PALETTE)
    sealed = [done for at in range(0, len(text), 500) for done in live.feed(text[at : at + 500])]
    streamed = [*[done.layout for done in (*sealed, *live.close())], live.layout()]

    assert rendered(text, width) == texts(whole.lines)
    assert [line for part in streamed for line in texts(part.lines)] == texts(whole.lines)


def test_of_a_long_table_only_the_part_that_is_seen_is_laid_out() -> None:
    look = Look(80, PALETTE)
    entry = open_entry(answer(long_table(5_000)), look, Around(last=True))
    assert len(entry.parts) > 45
    entry.layout(2, look)
    assert entry.kept_lines < 4 * MEASURED


@pytest.mark.parametrize("between", ["no row\n", "\n", "> quote\n", "```\n| x |\n```\n"])
def test_what_ends_a_table_ends_its_parts(between: str) -> None:
    table = long_table(MEASURED + 20).partition("\n\n")[2].rpartition("\n\n")[0]
    text = f"{table}\n{between}" + "| 1 | 2 | 3 |\n" * 300
    assert rendered(text, 60) == texts(lay_out(parse(text), 60, PALETTE).lines)
