"""The personas of the app."""

from __future__ import annotations

import pytest

from studybuddy.domain.prompts import Persona
from studybuddy.domain.settings import STUDY_BUDDY_PROMPT
from studybuddy.study.personas import PERSONAS


def test_the_first_one_is_what_a_new_conversation_has_by_default() -> None:
    assert (PERSONAS[0].name, PERSONAS[0].system_prompt) == ("Study Buddy", STUDY_BUDDY_PROMPT)


def test_no_two_have_the_same_name() -> None:
    assert len({persona.name.casefold() for persona in PERSONAS}) == len(PERSONAS)


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_each_says_what_it_is_for_and_offers_three_or_four_beginnings(persona: Persona) -> None:
    assert persona.description.endswith(".")
    assert 3 <= len(persona.starters) <= 4
    assert all(len(starter) <= 72 and "\n" not in starter for starter in persona.starters)
    assert len(persona.system_prompt) > 100
    assert not persona.own


@pytest.mark.parametrize("name", ["Poet", "PostgreSQL expert", "Socratic tutor"])
def test_some_show_how_they_answer(name: str) -> None:
    (persona,) = (persona for persona in PERSONAS if persona.name == name)
    assert len(persona.examples) >= 2


def test_the_poems_keep_to_what_the_poet_is_told() -> None:
    (poet,) = (persona for persona in PERSONAS if persona.name == "Poet")
    for example in poet.examples:
        poem, _, prose = example.answer.rpartition("\n\n")
        lines = [line for line in poem.split("\n") if line]
        assert 8 <= len(lines) <= 16
        assert all(len(line) <= 60 for line in lines)
        assert prose.startswith("In short: ")
