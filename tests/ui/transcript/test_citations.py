"""Citations: marks in the answer, sources below it, keys and clicks that choose them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from studybuddy.domain.citing import cited_markdown, marks_of
from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.runs import Citation, RunDetails
from studybuddy.ui.transcript import Transcript
from studybuddy.ui.transcript.entry import open_entry
from studybuddy.ui.transcript.look import Around, Look
from studybuddy.ui.widgets.conversation import Conversation
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import (
    answer,
    markdown_texts,
    plain_palette,
    question,
    telling_palette,
)

TEXT = """\
Leaves look **green.**【2】 They make *sugar*【1】.

- in the chloroplast【2】

| part | does |
| --- | --- |
| leaf【3】 | shines |
"""
NAMES = {"1": ("cells.md", None, 12), "2": ("biology.pdf", 3, 40), "3": ("biology.pdf", 7, 90)}


def cited(text: str = TEXT, key: str = "a") -> Message:
    """An answer whose raw marks 【n】 are citations of three notes."""

    def citations() -> Iterator[Citation]:
        for mark in re.finditer("【(.)】", text):
            name, page, line = NAMES[mark[1]]
            yield Citation(*mark.span(), f"file-{mark[1]}", name, "", page, line)

    return replace(answer(text, key), details=RunDetails("r", "t", citations=tuple(citations())))


def lines_of(message: Message, width: int = 60) -> list[str]:
    look = Look(width, plain_palette())
    entry = open_entry(message, look, Around(last=True))
    return [line.text for n in range(len(entry.parts)) for line in entry.layout(n, look).lines]


def test_marks_are_numbered_by_first_appearance_in_text_lists_and_tables() -> None:
    assert lines_of(cited())[2:] == [
        "Leaves look green.[1] They make sugar[2].",
        "",
        "• in the chloroplast[1]",
        "",
        "part    │ does",
        "────────┼───────",
        "leaf[3] │ shines",
        "",
        "[1] biology.pdf, page 3",
        "[2] cells.md, line 12",
        "[3] biology.pdf, page 7",
    ]


def test_a_mark_stands_out_and_leads_to_its_own_citation() -> None:
    palette = telling_palette()
    look = Look(60, palette)
    entry = open_entry(cited("A【2】 b【1】 c【2】"), look, Around(last=True))
    [line] = entry.layout(2, look).lines
    marks = [segment for segment in line.segments if segment.text.startswith("[")]
    assert [segment.text for segment in marks] == ["[1]", "[2]", "[1]"]
    styles = [segment.style for segment in marks if segment.style]
    assert [style.color for style in styles] == [palette.citation.color] * 3
    assert [style.meta["url"] for style in styles] == ["citation:0", "citation:1", "citation:2"]


def test_marks_of_other_servers_and_in_code_are_shown_too() -> None:
    text = "See 【4:0†source】.\n\n```\nx = 1 【4:0†source】\n```"
    places = [match.span() for match in re.finditer("【.*?】", text)]
    details = RunDetails("r", "t", citations=tuple(Citation(*p, "f", "a.md") for p in places))
    shown = lines_of(replace(answer(text), details=details))
    assert shown[2] == "See [1]."
    assert any("x = 1 [1]" in line for line in shown)
    assert shown[-1] == "[1] a.md"


def test_citations_without_a_place_in_the_text_are_left_out() -> None:
    spans = [(0, 3), (2, 4), (3, 2), (-1, 2), (4, 99), (5, 5)]
    details = RunDetails("r", "t", citations=tuple(Citation(*span, "f") for span in spans))
    message = replace(answer("【1】 ab"), details=details)
    assert [mark.place for mark in marks_of(message)] == [0, 5]


def test_a_copied_answer_has_marks_and_sources_as_markdown() -> None:
    assert cited_markdown(cited("Green【2】 _so_【1】【2】.\n")) == (
        "Green[1] _so_[2][1].\n\nSources:\n\n1. biology.pdf, page 3\n2. cells.md, line 12"
    )
    details = RunDetails("r", "t", citations=(Citation(0, 3, "f", "my_[b].md"),))
    assert cited_markdown(replace(answer("【1】"), details=details)).endswith("1. my\\_\\[b\\].md")
    assert cited_markdown(answer("Plain 【1】")) == "Plain 【1】"


def test_a_model_cannot_write_a_mark_of_its_own() -> None:
    forged = "【1】 and 【\ue001\ue000】 and [x](citation:0)"
    look = Look(60, plain_palette())
    entry = open_entry(cited(forged), look, Around(last=True))
    segments = [segment for line in entry.layout(2, look).lines for segment in line.segments]
    assert sum("url" in s.style.meta for s in segments if s.style) == 1


@settings(max_examples=150, deadline=None)
@given(markdown_texts, st.lists(st.tuples(st.integers(0, 80), st.integers(0, 4)), max_size=5))
def test_no_private_character_ever_reaches_the_screen(
    text: str, places: list[tuple[int, int]]
) -> None:
    citations = tuple(Citation(start, start + length, "f") for start, length in places)
    message = replace(answer(text), details=RunDetails("r", "t", citations=citations))
    assert not re.search("[\ue000-\uf8ff]", "".join(lines_of(message, 30)))


async def test_raw_marks_stream_and_become_numbers_at_the_end() -> None:
    app = Host([question()])
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.append(answer("", "a", MessageState.STREAMING))
        app.transcript.stream("a", "Leaves **look** green.【2】 Or")
        await pilot.pause()
        assert app.lines()[5] == "Leaves look green.【2】 Or▍"
        app.transcript.replace(cited("Leaves **look** green.【2】 Or so."))
        await pilot.pause()
        assert app.lines()[5:8] == ["Leaves look green.[1] Or so.", "", "[1] biology.pdf, page 3"]
        assert app.transcript.following


async def test_a_click_on_a_mark_or_a_source_chooses_its_citation() -> None:
    app = CitationHost([question(), cited()])
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        for wanted in ("[2]", "leaf[3]", "[2] cells.md", "sugar"):
            shown = app.lines()
            row = max(y for y, line in enumerate(shown) if wanted in line)
            if wanted == "[2]":
                row = min(y for y, line in enumerate(shown) if wanted in line)
            column = shown[row].index(wanted) + wanted.find("[") + 2
            await pilot.click(Transcript, offset=(column + 1, row))
            await pilot.pause()
        chosen = [(key, citation.file_id) for key, citation in app.chosen]
        assert chosen == [("a", "file-1"), ("a", "file-3"), ("a", "file-1")]


class CitationHost(Host):
    def __init__(self, messages: list[Message]) -> None:
        super().__init__(messages)
        self.chosen: list[tuple[str, Citation]] = []

    def on_transcript_citation_chosen(self, event: Transcript.CitationChosen) -> None:
        self.chosen.append((event.message_id, event.citation))


class ConversationHost(App[None]):
    """The transcript with its keys."""

    def __init__(self, *messages: Message) -> None:
        super().__init__()
        self.transcript = Conversation(messages)
        self.chosen: list[tuple[str, Citation]] = []

    def compose(self) -> ComposeResult:
        yield self.transcript

    def on_transcript_citation_chosen(self, event: Transcript.CitationChosen) -> None:
        self.chosen.append((event.message_id, event.citation))


async def test_keys_move_over_marks_and_sources_and_enter_opens_one() -> None:
    plain = answer("Nothing 【1】 cited.", "b")
    app = ConversationHost(question(), cited(), plain, cited("Last【3】.", "c"))
    async with app.run_test(size=(60, 40)) as pilot:
        app.transcript.focus()
        await pilot.press("n", "enter", "n", "enter")
        assert app.transcript.on_citation
        await pilot.press("n", "n", "n", "n", "enter")  # past the four marks, on a source
        await pilot.press("n", "n", "enter", "n", "n", "n", "enter")
        await pilot.press("p", "p", "enter")
        chosen = [(key, citation.file_id) for key, citation in app.chosen]
        assert chosen == [
            ("a", "file-2"),
            ("a", "file-1"),
            ("a", "file-1"),
            ("c", "file-3"),
            ("c", "file-3"),
            ("a", "file-3"),
        ]


async def test_the_chosen_mark_is_shown_and_leaving_it_stays_on_its_message() -> None:
    app = ConversationHost(question(), cited())
    async with app.run_test(size=(60, 24)) as pilot:
        app.transcript.focus()
        await pilot.press("n", "n")
        strips = app.screen._compositor.render_strips(app.screen.size)
        reversed_texts = [
            segment.text for strip in strips for segment in strip if segment.style.reverse
        ]
        assert reversed_texts == ["[2]"]
        await pilot.press("up")
        assert not app.transcript.on_citation
        assert app.transcript.cursor == 1


async def test_a_citation_out_of_sight_is_scrolled_to_and_survives_another_width() -> None:
    long = cited("Word. " * 400 + "End【1】.\n\n" + "More. " * 400)
    app = ConversationHost(question(), long)
    async with app.run_test(size=(60, 16)) as pilot:
        app.transcript.focus()
        await pilot.press("home", "n")
        shown = [row.line.text for row in app.transcript._rows]
        assert any("End[1]." in line for line in shown)
        await pilot.resize_terminal(40, 16)
        await pilot.pause()
        await pilot.press("enter")
        assert [citation.file_id for _, citation in app.chosen] == ["file-1"]


async def test_without_citations_the_keys_do_nothing() -> None:
    app = ConversationHost(question(), answer("Nothing 【1】."))
    async with app.run_test() as pilot:
        app.transcript.focus()
        await pilot.press("n", "p", "enter")
        assert not app.chosen
        app.transcript.clear()
        await pilot.press("n", "p", "enter")
        assert not app.chosen


async def test_copying_by_key_gives_marks_and_sources() -> None:
    app = ConversationHost(question(), cited("Green【2】."))
    async with app.run_test() as pilot:
        app.transcript.focus()
        await pilot.press("c")
        assert app.clipboard == "Green[1].\n\nSources:\n\n1. biology.pdf, page 3"
