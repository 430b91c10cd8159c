"""Sections of a text look, one below the other, like the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings

from studybuddy.domain.text import harmless
from studybuddy.ui.transcript import sections
from studybuddy.ui.transcript.blocks import Block, Plain
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.markdown import parse
from studybuddy.ui.transcript.sections import Section, parse_plain, split_markdown, split_plain
from tests.ui.transcript.samples import RICH, markdown_texts, plain_palette, texts


@pytest.fixture(autouse=True)
def small_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "SIZE", 25)


def together(parts: list[Section]) -> list[Block]:
    blocks: list[Block] = []
    for part in parts:
        found = part.blocks()
        if part.lead and found:
            found[0] = replace(found[0], gap=True)
        blocks.extend(found)
    return blocks


@settings(max_examples=400, deadline=None)
@given(markdown_texts)
def test_markdown_in_sections_has_the_blocks_of_the_whole(raw: str) -> None:
    text = harmless(raw)
    parts = split_markdown(text)
    assert "".join([part.source for part in parts]) == text
    assert together(parts) == parse(text)


@settings(max_examples=300, deadline=None)
@given(markdown_texts)
@example("paraparaparapara\n```\n\n```\n\npara")
def test_plain_text_in_sections_has_the_lines_of_the_whole(raw: str) -> None:
    text = harmless(raw)
    palette = plain_palette()
    lines = [
        line
        for part in split_plain(text)
        for line in texts(lay_out(part.blocks(), 30, palette, user=True).lines)
    ]
    assert lines == texts(lay_out(parse_plain(text), 30, palette, user=True).lines)


def test_a_long_text_is_cut_into_many_sections() -> None:
    assert len(split_markdown(RICH * 5)) > 20
    assert len(split_plain("a line of text\n" * 50)) > 20


def test_a_fence_is_never_cut() -> None:
    code = "```\n" + "text\n\n" * 30 + "```\n\nafter"
    parts = split_markdown("before and before\n\n" * 2 + code)
    assert any("```\ntext" in part.source and part.source.count("```") == 2 for part in parts)


def test_blank_lines_the_student_typed_are_kept() -> None:
    assert parse_plain("a\n\n\nb") == [Plain("a\n\n\nb")]
