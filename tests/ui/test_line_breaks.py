"""Breaks of long lines: Textual's own, also where only a change is looked at."""

from __future__ import annotations

import random
import re
import sys

import pytest
from rich.cells import get_character_cell_size
from textual._wrap import compute_wrap_offsets

from studybuddy.ui.widgets.line_breaks import NARROW, WIDE, Known, LineBreaks, tab_cells

UNITS = [
    "a",
    "of",
    "hash",
    "日本語",
    "日本語の文章は空白を使わない" * 5,
    "中a文b" * 40,
    "、。abc",
    "naïve",
    "🙂",
    "👩\u200d🚀",
    "❤\ufe0f",
    "e\u0301",
    "\u0301",
    "\u200d",
    "\u0301" * 200,
    "\x01",
    "x" * 90,
    "y" * 300,
    "  ",
    "\u3000",
    " " * 50,
]
NOTHING = Known((), 0, 0)


def made(chance: random.Random, units: list[str], most: int) -> str:
    words = range(chance.randrange(most))
    return "".join(chance.choice(units) + chance.choice(["", "", " "]) for _ in words)


def edits(
    chance: random.Random, units: list[str], breaks: LineBreaks
) -> list[tuple[str, Known, Known]]:
    """Lines, each with what it took from the beginning of a line and from the end of one."""
    old, other = made(chance, units, 120), made(chance, units, 120)
    first, second = (Known(breaks.of(line), 0, len(line)) for line in (old, other))
    result = []
    for _ in range(12):
        start = chance.randrange(len(old) + 1)
        end = min(len(old), start + chance.choice([0, 0, 1, 3, 40]))
        text = chance.choice(["", made(chance, units, 3), made(chance, units, 12)])
        head, tail = first._replace(same=start), first._replace(same=len(old) - end)
        cut = chance.randrange(len(other) + 1)
        joined = second._replace(same=len(other) - cut)
        result += [
            (old[:start] + text + old[end:], head, tail),  # typed, pasted or deleted
            (old[:start] + text, head, NOTHING),  # the halves of a line that was divided
            (text + old[end:], NOTHING, tail),
            (old[:start] + other[cut:], head, joined),  # two lines made one
        ]
    return result


@pytest.mark.parametrize("seed", range(40))
def test_a_line_is_broken_as_textual_breaks_it_also_where_only_a_change_is_looked_at(
    seed: int,
) -> None:
    chance = random.Random(seed)
    units = [unit for unit in UNITS if chance.random() < 0.6] or ["a"]
    width = chance.choice([8, 9, 20, 39, 80])
    breaks = LineBreaks(width, 4)
    for line, before, after in edits(chance, units, breaks):
        expected = compute_wrap_offsets(line, width, 4)
        assert breaks.of(line) == expected
        assert breaks.changed(line, before, after) == expected


def test_joined_characters_are_folded_no_more_where_their_word_became_short_enough() -> None:
    breaks = LineBreaks(8, 4)
    joined = "👩\u200d🚀" * 3
    old, line = f"{joined}bbb", f"{joined} b"
    before = Known(breaks.of(old), len(joined), len(old))
    assert breaks.changed(line, before, Known(before.breaks, 1, len(old))) == []
    assert compute_wrap_offsets(line, 8, 4) == []


@pytest.mark.parametrize("seed", range(12))
def test_tabs_behind_words_are_as_textuals(seed: int) -> None:
    chance = random.Random(seed)
    width, tab = chance.choice([20, 39, 80]), chance.choice([2, 4, 8])
    breaks = LineBreaks(width, tab)
    for line, before, after in edits(chance, ["a", "hash", "日本", "ab\tc", "\tc", "é"], breaks):
        spread = re.sub(r"\s+", lambda blanks: blanks[0][0], re.sub(r"(\S{6})", r"\1 ", line))
        assert breaks.of(spread) == compute_wrap_offsets(spread, width, tab)
        assert breaks.changed(line, before, after) == breaks.of(line)


@pytest.mark.parametrize("seed", range(12))
def test_no_part_of_a_line_with_tabs_is_wider_than_the_screen(seed: int) -> None:
    chance = random.Random(seed)
    width, tab = chance.choice([8, 20, 39]), chance.choice([2, 4, 8])
    breaks = LineBreaks(width, tab)
    units = ["a", "hash", "日本語", "x" * 90, "\t", "\t\t\t", "\t" * 40, "b\tc", "  "]
    for line, before, after in edits(chance, units, breaks):
        places = breaks.of(line)
        assert breaks.changed(line, before, after) == places
        for start, end in zip([0, *places], [*places, len(line)], strict=True):
            cells = [
                tab_cells(line, at, tab) if line[at] == "\t" else get_character_cell_size(line[at])
                for at in range(start, end)
            ]
            assert sum(cells) <= width
            assert start < end or not line


def test_characters_that_are_measured_together_are_as_wide_as_rich_says() -> None:
    for characters, cells in ((NARROW, 1), (WIDE, 2)):
        kind = re.compile(f"[{characters}]")
        found = [c for c in map(chr, range(sys.maxunicode + 1)) if kind.match(c)]
        assert len(found) > 500
        assert {get_character_cell_size(c) for c in found} == {cells}
        assert not any(c.isspace() for c in found)
