"""Drafts of any length: wrapped as Textual wraps them, and quick to type in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import pytest
from textual.app import App, ComposeResult
from textual.document._document import Location
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from studybuddy.ui.widgets.editor import Editor
from studybuddy.ui.widgets.long_text import LONG, LongDocument, LongWrappedDocument

WORDS = [
    "a",
    "of",
    "hash",
    "tables",
    "日本語",
    "naïve",
    "🙂🙂",
    "antidisestablishmentarianism",
    "x" * 90,
]


def prose(chance: random.Random, words: int) -> str:
    return "".join(chance.choice(WORDS) + chance.choice([" ", " ", "  "]) for _ in range(words))


def wrapped_anew(document: LongDocument, width: int) -> WrappedDocument:
    return WrappedDocument(document, width)


@pytest.mark.parametrize("seed", range(5))
def test_a_long_line_is_wrapped_where_it_changed_as_if_it_were_wrapped_anew(seed: int) -> None:
    chance = random.Random(seed)
    width = chance.choice([7, 20, 60])
    lines = [prose(chance, 5), prose(chance, 900), "x" * 3 * LONG, prose(chance, 3)]
    document = LongDocument("\n".join(lines))
    wrapped = LongWrappedDocument(document, width)
    for _ in range(30):
        row = chance.randrange(document.line_count)
        line = document[row]
        start = chance.randrange(len(line) + 1)
        end = min(len(line), start + chance.choice([0, 0, 0, 1, 5, 200]))
        text = chance.choice(
            ["", "a", " ", "日", "word and word ", "x" * 70, "two\nlines", prose(chance, 60)]
        )
        result = document.replace_range((row, start), (row, end), text)
        wrapped.wrap_range((row, start), (row, end), result.end_location)
        anew = wrapped_anew(document, width)
        assert wrapped._wrap_offsets == anew._wrap_offsets
        assert list(wrapped._offset_to_line_info) == anew._offset_to_line_info
        assert list(wrapped._line_index_to_offsets) == anew._line_index_to_offsets
        assert wrapped.height == anew.height
        row = chance.randrange(document.line_count)
        place = row, chance.randrange(len(document[row]) + 1)
        offset = wrapped.location_to_offset(place)
        assert offset == anew.location_to_offset(place)
        assert wrapped.get_sections(row) == anew.get_sections(row)
        beside = Offset(chance.randrange(width), offset.y)
        assert wrapped.offset_to_location(beside) == anew.offset_to_location(beside)


@pytest.mark.parametrize("seed", range(6))
async def test_random_edits_with_undo_and_redo_leave_a_draft_as_textual_has_it(seed: int) -> None:
    chance = random.Random(seed)
    draft = "\n".join([prose(chance, 5), prose(chance, 900), prose(chance, 3)])
    app = Editors()
    async with app.run_test(size=(40, 30)) as pilot:
        pair = ours, theirs = app.query_one("#ours", Editor), app.query_one("#theirs", TextArea)
        for editor in pair:
            editor.load_text(draft)
        await pilot.pause()
        for _ in range(50):
            row = chance.randrange(ours.document.line_count)
            column = chance.randrange(len(ours.document[row]) + 1)
            end = min(len(ours.document[row]), column + chance.choice([0, 1, 9, 300]))
            kind, times = chance.choice(KINDS), chance.randrange(1, 8)
            text = chance.choice(["a", " ", "日", "🙂", "word and", "two\nlines", "\n"])
            for editor in pair:
                act(editor, kind, times, (row, column), (row, end), text)
            assert ours.text == theirs.text
            assert ours.selection == theirs.selection
            wrapped = ours.wrapped_document
            anew = WrappedDocument(ours.document, wrapped._width, wrapped._tab_width)
            assert wrapped._wrap_offsets == anew._wrap_offsets
            assert list(wrapped._offset_to_line_info) == anew._offset_to_line_info
            assert list(wrapped._line_index_to_offsets) == anew._line_index_to_offsets
            assert wrapped.height == anew.height


KINDS = ["type", "delete", "paste", "cut", "up", "down", "left", "right", "word"]
KINDS += ["undo", "redo"] * 3


def act(editor: TextArea, kind: str, times: int, start: Location, end: Location, text: str) -> None:
    """Do something in an editor, some times."""
    if kind not in {"undo", "redo", "up", "down"}:
        editor.move_cursor(start)
    for _ in range(times):
        if kind == "type":
            editor._replace_via_keyboard(text[:1], *editor.selection)
        elif kind == "delete":
            editor.action_delete_left()
        elif kind == "left":
            editor.action_cursor_word_left()
        elif kind == "right":
            editor.action_cursor_word_right()
        elif kind == "up":
            editor.action_cursor_up()
        elif kind == "down":
            editor.action_cursor_down()
    if kind == "paste":
        editor._replace_via_keyboard(text * times, start, end)
    elif kind == "cut":
        editor._delete_via_keyboard(start, end)
    elif kind == "word":
        editor.action_delete_word_left()
        editor.action_delete_word_right()
    elif kind == "undo":
        editor.undo()
    elif kind == "redo":
        editor.redo()


class Editors(App[None]):
    """Our editor beside Textual's own."""

    CSS = "TextArea { width: 40; height: 12; border: none; }"

    def compose(self) -> ComposeResult:
        for kind, name in ((Editor, "ours"), (TextArea, "theirs")):
            yield kind(
                id=name, soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False
            )


def tabbed(chance: random.Random) -> str:
    return "".join(chance.choice(["a ", "hash\t", "日本 ", "naïve\t\t"]) for _ in range(900))


@pytest.mark.parametrize("lit", [False, True])
@pytest.mark.parametrize("words", [lambda chance: prose(chance, 900), tabbed])
async def test_a_long_line_looks_as_it_does_in_textuals_own_editor(
    words: Callable[[random.Random], str], lit: bool
) -> None:
    app = Editors()
    text = words(random.Random(1))
    async with app.run_test(size=(40, 30)) as pilot:
        ours, theirs = app.query_one("#ours", Editor), app.query_one("#theirs", TextArea)
        for selection in (
            Selection.cursor((0, 0)),
            Selection.cursor((0, 500)),
            Selection((0, 300), (0, 520)),
            Selection((0, 520), (0, 300)),
            Selection((0, len(text)), (0, len(text))),
        ):
            for editor in (ours, theirs):
                editor.cursor_blink = False
                editor.highlight_cursor_line = lit
                if editor.text != text:
                    editor.load_text(text)
                editor.focus()
                editor.selection = selection
                await pilot.pause()
                editor.scroll_cursor_visible(animate=False)
                await pilot.pause()
                editor._line_cache.clear()
            ours.focus()
            theirs.focus()
            await pilot.pause()
            assert ours.scroll_offset == theirs.scroll_offset
            same = [
                [strip.render(app.console) for strip in drawn(editor)] for editor in (ours, theirs)
            ]
            assert same[0] == same[1]


def drawn(editor: TextArea) -> list[Strip]:
    editor.has_focus = True
    return [editor._render_line(y) for y in range(editor.size.height)]


async def test_a_text_is_undone_and_read_back_whole() -> None:
    app = Editors()
    async with app.run_test(size=(40, 30)) as pilot:
        ours = app.query_one("#ours", Editor)
        ours.focus()
        text = "word " * 2000
        ours.load_text(text)
        ours.move_cursor((0, 5000))
        await pilot.press("a", "b", "enter", "c")
        assert ours.text == f"{text[:5000]}ab\nc{text[5000:]}"
        for _ in range(4):
            ours.undo()
        assert ours.text == text


async def test_the_other_bracket_is_not_looked_for() -> None:
    app = Editors()
    async with app.run_test(size=(40, 30)):
        ours = app.query_one("#ours", Editor)
        ours.load_text("(a)")
        ours.move_cursor((0, 2))
        assert ours.matching_bracket_location is None


async def test_an_edit_looks_at_what_is_near_it() -> None:
    app = Editors()
    async with app.run_test(size=(40, 30)):
        ours = app.query_one("#ours", Editor)
        ours.load_text(prose(random.Random(3), 5000))
        ours.move_cursor((0, 5000))
        breaks = ours.wrapped_document._breaks  # type: ignore[attr-defined]
        looked: list[int] = []
        yielding = breaks._from

        def counted(line: str, base: int) -> Iterator[Sequence[int]]:
            for group in yielding(line, base):
                looked.extend(group)
                yield group

        breaks._from = counted
        for text in ("b c", "\n", "d"):
            ours._replace_via_keyboard(text, *ours.selection)
        assert 0 < len(looked) < 100
