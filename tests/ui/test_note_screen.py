"""A note, opened at what an answer cites."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from studybuddy.domain.runs import Citation
from studybuddy.ui.screens.note import NoteScreen
from studybuddy.ui.widgets.note_pages import EMPTY, GONE, NOT_TOLD, NotePages, Place
from studybuddy.ui.widgets.note_text import NoteText
from tests.ui.dialog_host import DialogHost

PAGES = [
    f"Chapter {n}\n\nPlants make sugar out of light, water and air.\n"
    f"Leaf {n} is green because of its\nchlorophyll, says [b]everyone[/b].\n\n"
    + "More text follows here, and more of it. " * 12
    + "\n"
    for n in range(1, 31)
]
WHOLE = "".join(PAGES)
QUOTE = "Leaf 7 is green because of its\nchlorophyll"
START = WHOLE.index(QUOTE)
CITED = Citation(
    0, 3, "f", "biology.pdf", QUOTE, 7, 40, note_start=START, note_end=START + len(QUOTE)
)
ELSEWHERE = replace(CITED, note_start=None, note_end=None)


def highlighted(host: DialogHost, part: str = "note--passage") -> str:
    """The text on the screen that has the style of a part."""
    style = host.screen.query_one(NoteText).get_component_rich_style(part)
    strips = host.screen._compositor.render_strips(host.screen.size)
    return "".join(s.text for strip in strips for s in strip if s.style == style)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_it_looks_like(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with DialogHost(NoteScreen("biology.pdf", PAGES, CITED)).open(size) as host:
        assert host.shown() == snapshot


@pytest.mark.parametrize("citation", [CITED, ELSEWHERE, replace(ELSEWHERE, page=None)])
async def test_it_opens_at_what_is_cited_highlighted(citation: Citation) -> None:
    async with DialogHost(NoteScreen("biology.pdf", PAGES, citation)).open() as host:
        assert highlighted(host) == QUOTE.replace("\n", "")
        assert "page 7 of 30" in host.shown()
        await host.press("home")
        assert "page 1 of 30" in host.shown()
        await host.press("n")
        assert highlighted(host) == QUOTE.replace("\n", "")


async def test_where_the_note_was_changed_the_quote_is_looked_for() -> None:
    changed = ["A new first page.\n", *PAGES]
    async with DialogHost(NoteScreen("biology.pdf", changed, CITED)).open() as host:
        assert highlighted(host) == QUOTE.replace("\n", "")
        assert GONE not in host.shown()


async def test_where_the_passage_is_gone_a_sentence_says_so_and_its_page_is_shown() -> None:
    gone = replace(CITED, quote="Nobody ever wrote this.", line=None)
    async with DialogHost(NoteScreen("biology.pdf", PAGES, gone)).open() as host:
        assert GONE in host.shown()
        assert "Chapter 7" in host.shown()
        assert highlighted(host) == ""


async def test_a_note_without_text_and_a_citation_without_a_place_are_told() -> None:
    for pages in ([], [""], ["\n", " "]):
        async with DialogHost(NoteScreen("scan.pdf", pages, CITED)).open() as host:
            assert EMPTY in host.shown()
            await host.press("down", "end", "home", "pagedown", "slash", "x", "enter", "escape")
            assert host.result is None
    async with DialogHost(NoteScreen("a.md", PAGES, Citation(0, 3, "f"))).open((100, 24)) as host:
        assert NOT_TOLD in host.shown()


async def test_keys_scroll_and_esc_closes() -> None:
    async with DialogHost(NoteScreen("biology.pdf", PAGES)).open() as host:
        assert "line 1 of" in host.shown()
        await host.press("down", "down", "down")
        assert "line 3 of" in host.shown()
        await host.press("up", "pagedown", "pageup")
        assert "line 2 of" in host.shown()
        await host.press("end")
        assert "page 30 of 30" in host.shown()
        await host.press("escape")
        assert host.result is None


async def test_walking_up_and_down_shows_each_line_once_though_pages_are_laid_out_late() -> None:
    wide = [text.replace("sugar", "糖" * 60) for text in PAGES]
    async with DialogHost(NoteScreen("wide", wide, replace(CITED, page=20, quote=""))).open() as h:
        text = h.screen.query_one(NoteText)

        def lines() -> list[str]:
            return [text.render_line(y).text.rstrip() for y in range(text.size.height)]

        before = lines()
        for _ in range(40):
            await h.press("up")
            after = lines()
            assert after[1:] == before[:-1] or after == before
            before = after
        await h.press("pageup")
        await h.press("pagedown")
        assert lines() == before


async def test_finding_goes_to_each_place_and_round() -> None:
    async with DialogHost(NoteScreen("biology.pdf", PAGES)).open((100, 24)) as host:
        await host.press("slash", *"LEAF")
        assert "1 of 30 found" in host.shown()
        assert highlighted(host, "note--chosen") == "Leaf"
        await host.press("enter", "n")
        assert "2 of 30 found" in host.shown()
        await host.press("N", "N")
        assert "30 of 30 found" in host.shown()
        assert "Leaf 30 is" in host.shown()
        await host.press("slash", "escape")
        assert host.result is not None
        assert "found" not in host.shown()
        assert highlighted(host, "note--chosen") == ""


async def test_what_is_found_may_be_broken_over_lines_and_what_is_not_is_told() -> None:
    async with DialogHost(NoteScreen("biology.pdf", PAGES)).open((100, 24)) as host:
        await host.press("slash", *"its", "space", *"chloro")
        assert highlighted(host, "note--chosen") == "itschloro"
        await host.press(*"zzz", "enter")
        assert "not found · page 1 of 30" in host.shown()


async def test_a_thousand_pages_open_at_once_and_few_are_laid_out() -> None:
    pages = [f"Page {n}.\n" + "A line of text that is there.\n" * 50 for n in range(1000)]
    whole = "".join(pages)
    start = whole.index("Page 700.")
    citation = Citation(0, 3, "f", quote="Page 700.", note_start=start, note_end=start + 9)
    async with DialogHost(NoteScreen("big.pdf", pages, citation)).open() as host:
        assert highlighted(host) == "Page 700."
        text = host.screen.query_one(NoteText)
        assert len(text._pages) < 10
        await host.press("end", "pageup", "home", "pagedown")
        assert len(text._pages) < 20


async def test_another_width_keeps_the_text_at_the_top() -> None:
    async with DialogHost(NoteScreen("biology.pdf", PAGES, CITED)).open() as host:
        text = host.screen.query_one(NoteText)
        before = text.top
        await host.pilot.resize_terminal(50, 24)
        await host.press()
        assert text.top.page == before.page
        assert text.top.start <= before.start < text.top.end


async def test_control_characters_are_visible_and_places_still_fit() -> None:
    pages = ["a\x1b[31m\tb\r\nc\u202e d", "\te\x07 [red]quote[/red] f"]
    start = "".join(pages).index("quote")
    citation = Citation(0, 1, "f", quote="quote", note_start=start, note_end=start + 5)
    async with DialogHost(NoteScreen("[i]n\x1bame[/i]", pages, citation)).open() as host:
        assert "[i]n␛ame[/i]" in host.shown()
        assert "a␛[31m    b" in host.shown()
        assert highlighted(host) == "quote"


def test_a_quote_over_two_pages_has_a_place_on_each() -> None:
    note = NotePages(["one two", " three four"])
    cited = Citation(0, 1, "f", quote="two three")
    assert note.passage(cited).places == (Place(0, 4, 7), Place(1, 0, 6))
    cited = replace(cited, note_start=4, note_end=13)
    assert note.passage(cited).places == (Place(0, 4, 7), Place(1, 0, 6))


def test_a_quote_that_is_there_twice_is_taken_from_the_page_that_was_told() -> None:
    note = NotePages(["same words", "same words", "same words"])
    assert note.passage(Citation(0, 1, "f", quote="same", page=2)).places == (Place(1, 0, 4),)


def test_lines_are_counted_through_the_whole_note() -> None:
    note = NotePages(["a\nb", "c\nd\n", "e\n"])
    assert note.first_lines == [1, 2, 4]
    assert note.line_count == 4
    near = note.passage(Citation(0, 1, "f", line=3)).near
    assert near is not None
    assert (near.page, near.start) == (1, 2)


@given(st.lists(st.text("ab \n\t\r\x1b糖", max_size=20), max_size=4), st.data())
def test_any_place_in_any_text_is_found_or_told(pages: list[str], data: st.DataObject) -> None:
    whole = "".join(pages)
    start = data.draw(st.integers(-1, len(whole) + 2))
    end = data.draw(st.integers(-1, len(whole) + 2))
    quote = data.draw(st.text("ab \n", max_size=6))
    note = NotePages(pages)
    cited = Citation(0, 1, "f", quote=quote, note_start=start, note_end=end)
    passage = note.passage(cited)
    assert passage.places or passage.notice
    for place in (*passage.places, *note.find(quote)):
        assert 0 <= place.start <= place.end <= len(note.texts[place.page])
    for place in note.find(quote):
        found = note.texts[place.page][place.start : place.end]
        assert found.split() == quote.split()
    in_a_page = "".join(quote.split()) and any(quote.strip() in text for text in note.texts)
    assert not in_a_page or passage.places


async def test_a_long_note_is_searched_once_when_the_keys_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched: list[str] = []
    find = NotePages.find

    def counted(note: NotePages, text: str) -> list[Place]:
        searched.append(text)
        return find(note, text)

    monkeypatch.setattr(NotePages, "find", counted)
    monkeypatch.setattr("studybuddy.ui.screens.note.REST", 60.0)  # Enter does not wait for it
    screen = NoteScreen("long.txt", ["word\n" * 70_000 + "needle\n"])
    async with DialogHost(screen).open() as host:
        await host.press("slash", *"needle", "enter")
        await host.until(lambda: "1 of 1 found" in host.shown())
        assert searched == ["needle"]
