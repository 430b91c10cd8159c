"""Conversations as Markdown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.heads import new_conversation
from studybuddy.chat.markdown_export import file_name, markdown, message_markdown
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.runs import Citation, RunDetails

HEAD = replace(new_conversation(), title="Cells", created_at=1_790_000_000.0, persona="Socrates")
QUESTION = Message("q", Role.USER, "Why?", 1.0)
ANSWER = Message("a", Role.ASSISTANT, "Because **ATP**.", 2.0, "q", model="gpt-5")


def test_each_message_has_a_heading_that_says_who_wrote_it() -> None:
    text = markdown(HEAD, [QUESTION, replace(ANSWER, variation="simpler")])
    assert text.startswith("# Cells\n\n*")
    assert "· Socrates*" in text
    assert "## You\n\nWhy?\n\n## Study Buddy · gpt-5 · simpler\n\nBecause **ATP**.\n" in text


def test_sources_stand_below_the_answer_and_reasoning_does_not() -> None:
    details = RunDetails(
        "r", "t", assistant_name="Tutor", citations=(Citation(7, 13, "f", "cells.pdf", page=2),)
    )
    answer = replace(ANSWER, text="By ATP [mark].", details=details, reasoning="Hm.")
    text = markdown(HEAD, [QUESTION, answer])
    assert "By ATP [1]." in text
    assert "1. cells.pdf, page 2" in text
    assert "Hm." not in text
    assert "## Tutor · gpt-5" in text


def test_an_answer_that_is_not_whole_says_so() -> None:
    stopped = replace(ANSWER, text="Because", state=MessageState.STOPPED)
    assert message_markdown(stopped) == "Because\n\n*(this answer was stopped)*"
    failed = replace(ANSWER, text="", state=MessageState.FAILED, error="No key.")
    assert message_markdown(failed) == "*(No key.)*"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Why is the sky blue?", "why-is-the-sky-blue"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "conversation"),
        ("???", "conversation"),
        ("CON", "con-"),
        ("Zażółć gęślą", "zażółć-gęślą"),
    ],
)
def test_a_title_becomes_a_name_for_a_file(title: str, name: str) -> None:
    assert file_name(title) == name


@given(st.text(), st.sets(st.text(max_size=5)))
def test_any_title_gives_a_name_that_is_free_and_in_no_other_folder(
    title: str, taken: set[str]
) -> None:
    name = file_name(title, taken)
    assert name
    assert name not in taken
    assert not set(name) & set('/\\:*?"<>|\n\0')
    assert not name.startswith((".", "-"))
