"""What the student is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.names import LONGEST, name_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Anna.", "Anna"),
        ("Hi! My name is Anna and I study biology.", "Anna"),
        ("hello, my name is anna", "Anna"),
        ("Hi, call me Jean-Luc!", "Jean-Luc"),
        ("My name is Mary Jane Watson. What is a cell?", "Mary Jane Watson"),
        ("My name's O'Brien, what is ATP?", "O'Brien"),
        ("My name is Zażółć", "Zażółć"),
        ("Explain recursion.", ""),
        ("I'm tired of this", ""),
        ("Call me back when it is done", ""),
        ("Call me when it rains.", ""),
        ("In the poem, the line “my name is Ozymandias” means what?", ""),
        ("What does 'my name is' mean in French?", ""),
        ("def greet(name): my name is name", ""),
        ("", ""),
    ],
)
def test_a_name_is_taken_where_it_is_given_and_nowhere_else(text: str, name: str) -> None:
    assert name_in(text) == name


@given(st.text())
def test_whatever_is_said_a_name_is_short_and_in_one_line(text: str) -> None:
    for said in (text, f"My name is {text}"):
        name = name_in(said)
        assert len(name) <= LONGEST
        assert "\n" not in name
