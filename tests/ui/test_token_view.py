"""The token view: a text as the pieces that a model reads."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion
from textual.theme import BUILTIN_THEMES

from studybuddy.domain.counting import Token
from studybuddy.tokens.counter import Counter
from studybuddy.ui.screens.token_view import Sample, TokenViewScreen
from studybuddy.ui.widgets.token_pieces import MOST_CELLS, TokenPage, pieces_of
from studybuddy.ui.widgets.token_text import COLOURS, TokenText
from tests.ui.dialog_host import DialogHost

COUNTER = Counter()
CAREER = "I'm going to use AI to relaunch my career."
MIXED = "def f(x):\n\treturn x   # one\n\nZażółć שלום 日本語 🙂 👩‍🚀"


def view(*texts: str, model: str = "gpt-5", start: int = 0) -> TokenViewScreen:
    """The screen over some texts."""
    samples = [Sample(f"Text {number}", text) for number, text in enumerate(texts, start=1)]
    return TokenViewScreen(samples, COUNTER, model, start)


async def ready(host: DialogHost, says: str = " characters") -> None:
    """Wait until it is counted."""
    await host.until(lambda: says in host.shown() and "Counting…" not in host.shown())


def drawn(data: bytes) -> str:
    """What is shown for a token."""
    return "".join(text for piece in pieces_of(data) for text, _ in piece.runs)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_it_looks_like(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with DialogHost(view(f"{CAREER}\n\n{MIXED}", "Other")).open(size) as host:
        await ready(host)
        await host.press("e", "i")
        await host.until(lambda: "cl100k_base" in host.shown())
        assert host.shown() == snapshot


async def test_tokens_characters_and_bytes_are_counted() -> None:
    async with DialogHost(view(CAREER)).open() as host:
        await ready(host)
        assert "11 tokens · 42 characters · 42 bytes · 3.8 characters a token" in host.shown()
        assert "I'm·going·to·use·AI·to·relaunch·my·career." in host.shown()
        assert "A model reads tokens, not letters" in host.shown()


async def test_ids_are_shown_on_demand_below_their_tokens() -> None:
    async with DialogHost(view(CAREER)).open() as host:
        await ready(host)
        ids = [str(token.id) for token in COUNTER.tokens(CAREER, "o200k_base")]
        await host.press("i")
        lines = host.shown().split("\n")
        at = next(y for y, line in enumerate(lines) if line.split() == ids)
        assert lines[at - 1].split()[:3] == ["I'm", "·going", "·to"]
        assert lines[at].index(ids[1]) == lines[at - 1].index("·going")
        await host.press("i")
        assert ids[1] not in host.shown()


async def test_each_token_can_be_pointed_at() -> None:
    async with DialogHost(view("Hi 🙂👩‍🚀")).open() as host:
        await ready(host)
        tokens = COUNTER.tokens("Hi 🙂👩‍🚀", "o200k_base")
        assert f"Token 1 of {len(tokens)} · id {tokens[0].id} · 2 bytes: 48 69" in host.shown()
        await host.press("end", "left")
        assert f"Token {len(tokens) - 1} of {len(tokens)}" in host.shown()
        assert "has a part of 🚀" in host.shown()


async def test_another_encoding_stands_below_or_beside_with_the_difference() -> None:
    first, second = (len(COUNTER.tokens(MIXED, name)) for name in ("o200k_base", "cl100k_base"))
    assert second > first
    for size in ((80, 24), (140, 40)):
        async with DialogHost(view(MIXED)).open(size) as host:
            await ready(host)
            assert "cl100k_base" not in host.shown()
            await host.press("e")
            told = f"cl100k_base · {second} tokens · {second - first} more"
            await host.until(lambda told=told: told in host.shown())
            lines = host.shown().split("\n")
            beside = any("o200k_base" in line and "cl100k_base" in line for line in lines)
            assert beside == (size[0] >= 120)
            await host.press("e")
            await host.until(lambda: "cl100k_base" not in host.shown())


async def test_both_encodings_point_at_the_same_place() -> None:
    async with DialogHost(view(MIXED)).open((140, 40)) as host:
        await ready(host)
        await host.press("e")
        await host.until(lambda: "more" in host.shown())
        one, other = host.screen.query_one("#first", TokenText), host.screen.query_one("#second")
        assert isinstance(other, TokenText)
        for key in ("end", "left", "left", "up", "home", "down"):
            await host.press(key)
            start = one.page.starts[one.cursor]
            assert other.page.starts[other.cursor] <= start
            assert start < other.page.starts[other.cursor + 1]


async def test_the_cursor_stays_where_it_is_when_another_encoding_comes_beside_it() -> None:
    async with DialogHost(view(MIXED)).open((140, 40)) as host:
        await ready(host)
        await host.press("end", "left", "e")
        await host.until(lambda: "more" in host.shown())
        one, other = host.screen.query_one("#first", TokenText), host.screen.query_one("#second")
        assert isinstance(other, TokenText)
        assert one.cursor == len(one.page.tokens) - 2
        start = one.page.starts[one.cursor]
        assert other.page.starts[other.cursor] <= start < other.page.starts[other.cursor + 1]


async def test_a_layout_that_fails_apart_is_told() -> None:
    async with DialogHost(view("word\n" * 20_000)).open() as host:
        await ready(host)
        text = host.screen.query_one(TokenText)

        def fail(width: int, ids: bool) -> list[int]:
            raise ZeroDivisionError

        text.page.lay_out = fail  # type: ignore[method-assign]
        await host.press("i")
        notices = host._notifications
        await host.until(lambda: any("went wrong" in notice.message for notice in notices))


async def test_a_model_without_a_vocabulary_of_ours_is_an_estimate() -> None:
    async with DialogHost(view(CAREER, model="qwen3-8b")).open() as host:
        await ready(host)
        assert "11 tokens of o200k_base, an estimate for qwen3-8b" in host.shown()
    async with DialogHost(view(CAREER, model="gpt-4")).open() as host:
        await ready(host)
        assert "estimate" not in host.shown()


async def test_text_that_is_no_valid_unicode_and_markup_are_shown_as_they_are() -> None:
    async with DialogHost(
        view("[b]bold[/b] \ud83d \x1b[31m \u202eevil", model="[i]x")
    ).open() as host:
        await ready(host)
        assert "[b]bold[/b]" in host.shown()
        assert "an estimate for [i]x" in host.shown()
        assert "␛[" in host.shown()
        assert "‹E2 80›‹AE›evil" in host.shown()


async def test_where_no_vocabulary_is_installed_it_says_so() -> None:
    class Without(Counter):
        def encoding_of(self, model: str) -> tuple[str, bool]:
            return "", False

        def encodings(self) -> list[str]:
            return []

    screen = TokenViewScreen([Sample("Draft", "word")], Without(), "gpt-5")
    async with DialogHost(screen).open() as host:
        await host.until(lambda: "No vocabulary of tokens is installed." in host.shown())
        await host.press("e", "i", "down", "n", "escape")
        assert host.result is None


async def test_a_small_terminal_shows_the_tokens() -> None:
    async with DialogHost(view("word " * 200)).open((60, 12)) as host:
        await ready(host)
        assert sum("word·word" in line for line in host.shown().split("\n")) >= 6


async def test_texts_are_gone_through_and_the_wanted_one_is_first() -> None:
    async with DialogHost(view("one", "two words", "three", start=1)).open() as host:
        await ready(host, "Text 2 (2 of 3)")
        await host.until(lambda: "two·words" in host.shown())
        await host.press("n")
        await host.until(lambda: "three" in host.shown())
        await host.press("n")
        await host.until(lambda: "Text 1 (1 of 3)" in host.shown())
        await host.press("p")
        await host.until(lambda: "Text 3 (3 of 3)" in host.shown())


async def test_a_file_is_opened_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "essay one.txt"
    path.write_text("\ufeffTo be or not to be, oie n", encoding="utf-8")
    async with DialogHost(view("draft")).open() as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor(str(path))  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "essay one.txt (2 of 2)" in host.shown())
        await host.until(lambda: "To·be·or·not·to·be,·oie·n" in host.shown())
        await host.press("escape")
        assert host.result is None


async def test_letters_typed_in_a_path_are_no_keys_and_tab_completes_it(tmp_path: Path) -> None:
    (tmp_path / "opinion.txt").write_text("Yes.")
    async with DialogHost(view("draft")).open((200, 24)) as host:
        await ready(host)
        await host.press("o")
        line = host.screen.query_one("PathInput")
        line.insert_text_at_cursor(f"{tmp_path}/")  # type: ignore[attr-defined]
        await host.press(*"opin", "tab")
        await host.until(lambda: "opinion.txt" in host.shown())
        await host.press("enter")
        await host.until(lambda: "Yes." in host.shown())


@pytest.mark.parametrize(
    ("data", "told"),
    [(None, "There is no file"), (b"\xff\xfe\x00", "is no text"), (b"a\0b", "is no text")],
)
async def test_what_is_no_text_is_told(data: bytes | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    if data is not None:
        path.write_bytes(data)
    async with DialogHost(view("draft")).open((200, 24)) as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor(str(path))  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: told in host.shown())
        await host.press("escape")
        assert told not in host.shown()
        assert host.result is not None


async def test_a_text_in_utf_16_is_read_and_a_missing_file_is_named_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wide.txt").write_bytes("Grüße".encode("utf-16"))
    async with DialogHost(view("draft")).open((140, 24)) as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor("./gone.txt")  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "There is no file ./gone.txt." in host.shown())
        host.screen.query_one("PathInput").value = "./wide.txt"  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "Grüße" in host.shown())


async def test_a_file_that_is_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("a" * 2_000_001)
    async with DialogHost(view("draft")).open((140, 24)) as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor(str(path))  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "has more than 2 MB" in host.shown())


async def test_an_empty_draft_has_a_helpful_sentence() -> None:
    async with DialogHost(view("")).open() as host:
        await host.until(lambda: "nothing in it yet" in host.shown())
        await host.press("down", "end", "i", "e", "left")
        await host.until(lambda: "cl100k_base · 0 tokens" in host.shown())
        await host.press("escape")
        assert host.result is None


async def test_a_hundred_thousand_tokens_are_scrolled_to_their_end() -> None:
    async with DialogHost(view("word\n" * 50_000)).open() as host:
        await ready(host, "Token 1 of 100,000")
        await host.until(lambda: "word⏎" in host.shown())
        text = host.screen.query_one(TokenText)
        drew: list[int] = []
        draw = text.render_line
        text.render_line = lambda y: (drew.append(y), draw(y))[1]  # type: ignore[method-assign]
        await host.press("pagedown")
        assert "Token 1 of" not in host.shown()
        await host.press("end")
        assert "Token 100,000 of 100,000" in host.shown()
        assert max(drew) < 24
        assert len(drew) < 200


async def test_many_tokens_are_laid_out_apart_and_what_was_is_shown_until_then() -> None:
    async with DialogHost(view("word\n" * 20_000)).open() as host:
        await ready(host)
        text = host.screen.query_one(TokenText)
        await host.until(lambda: "word⏎" in host.shown())
        go_on = threading.Event()
        threads: set[threading.Thread] = set()
        rooms: list[tuple[int, bool]] = []
        lay_out = text.page.lay_out

        def slowly(width: int, ids: bool) -> list[int]:
            threads.add(threading.current_thread())
            rooms.append((width, ids))
            go_on.wait(10)
            return lay_out(width, ids)

        text.page.lay_out = slowly  # type: ignore[method-assign]
        ids = [str(token.id) for token in text.page.tokens[:2]]
        await host.press("end", "i")
        await host.pilot.resize_terminal(70, 24)
        await host.press("home", "down")
        assert "Token 3 of 40,000" in host.shown()
        assert "word⏎" in host.shown()
        assert ids[0] not in host.shown().replace("id " + ids[0], "")
        go_on.set()
        await host.until(lambda: any(line.split() == ids for line in host.shown().split("\n")))
        assert threading.current_thread() not in threads
        assert len(rooms) == 2  # not once more for each step between
        assert rooms[1][0] < rooms[0][0]


async def test_neighbours_are_told_apart_in_every_theme() -> None:
    async with DialogHost(view(CAREER)).open() as host:
        text = host.screen.query_one(TokenText)
        for theme in BUILTIN_THEMES:
            host.theme = theme
            await host.pilot.pause()
            looks = [text.get_component_rich_style(f"token--{n}") for n in range(COLOURS)]
            grounds = [look.bgcolor for look in looks]
            assert all(one != other for one, other in pairwise([*grounds, grounds[0]])), theme


async def test_neighbours_are_told_apart_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with DialogHost(view(CAREER)).open() as host:
        await ready(host)
        text = host.screen.query_one(TokenText)
        marked = {s.text: bool(s.style and s.style.underline) for s in text.render_line(0)}
        assert marked["going"]
        assert not marked["AI"]


# What is drawn


def test_blanks_are_seen() -> None:
    assert drawn(b" a\tb\r\n") == "·a→b␍⏎"
    assert [piece.ends_line for piece in pieces_of(b"}\n\n")] == [True, True]


def test_bytes_that_are_no_character_are_told_as_bytes() -> None:
    assert drawn("🙂".encode()[:2]) == "‹F0 9F›"
    assert drawn(b" " + "語".encode()[:1]) == "·‹E8›"
    assert drawn("語".encode()[2:] + b"a") == "‹9E›a"


def test_what_would_change_its_neighbours_is_told_by_its_number() -> None:
    assert drawn("\u202e".encode()) == "‹U+202E›"  # turns the reading direction
    assert drawn("a\u200db".encode()) == "a‹U+200D›b"
    assert drawn("\u0301".encode()) == "◌\u0301"
    assert drawn("e\u0301".encode()) == "e\u0301"
    assert drawn("\u2028".encode()) == "‹U+2028›"
    assert drawn("👍🏽".encode()) == "👍🏽"
    assert drawn("🏽".encode()) == "‹U+1F3FD›"
    assert drawn(b"\x1b[31m") == "␛[31m"


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda t: t.encode("utf-8"))))
def test_any_token_is_drawn_harmlessly_and_as_wide_as_it_says(data: bytes) -> None:
    pieces = pieces_of(data)
    assert pieces
    for piece in pieces:
        assert piece.width == sum(cell_len(text) for text, _ in piece.runs)
        assert all(text.isprintable() for text, _ in piece.runs)
    assert sum(piece.ends_line for piece in pieces) == data.count(b"\n")


@given(st.text(max_size=300), st.integers(MOST_CELLS + 12, 200), st.booleans(), st.randoms())
def test_lines_hold_all_pieces_in_their_order_and_none_is_too_wide(
    text: str, width: int, ids: bool, random: object
) -> None:
    data = text.encode("utf-8", "surrogatepass")
    cuts = sorted(random.sample(range(len(data) + 1), min(len(data), 40)))  # type: ignore[attr-defined]
    edges = [0, *cuts, len(data)]
    page = TokenPage([Token(n, data[a:b]) for n, (a, b) in enumerate(pairwise(edges)) if a < b])
    lines = page.lay_out(width, ids)
    assert lines == sorted(set(lines))
    assert (lines[:1] == [0]) == bool(data)
    for first, last in pairwise([*lines, len(page.pieces)]):
        widths = [page.pieces[at].width for at in range(first, last)]
        if ids:
            gaps = [max(w, page.id_width(first + n)) for n, w in enumerate(widths)]
            assert sum(gaps) + len(gaps) - 1 <= width
        else:
            assert sum(widths) <= width
        assert not any(page.pieces[at].ends_line for at in range(first, last - 1))


@given(st.text(min_size=1, max_size=60))
def test_a_part_of_a_character_is_told_with_the_whole_of_it(text: str) -> None:
    data = text.encode("utf-8", "replace")
    page = TokenPage([Token(byte, bytes([byte])) for byte in data])
    position = 0
    for character in data.decode("utf-8"):
        size = len(character.encode())
        for _ in range(size):
            assert page.part_of(position) == (character if size > 1 else "")
            position += 1
