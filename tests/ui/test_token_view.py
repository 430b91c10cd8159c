"""The token view: a text as the pieces that a model reads."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.theme import BUILTIN_THEMES

from studybuddy.tokens.counter import Counter
from studybuddy.ui.screens.token_view import Sample, TokenViewScreen
from studybuddy.ui.widgets.token_text import COLOURS, TokenText
from tests.ui.dialog_host import DialogHost
from tests.ui.token_host import CAREER, COUNTER, ready, view

MIXED = "def f(x):\n\treturn x   # one\n\nZażółć שלום 日本語 🙂 👩‍🚀"


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
