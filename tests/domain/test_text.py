"""Text from outside can't drive the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.text import harmless


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("bell\a", "bell␇"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x9b2J", "\N{REPLACEMENT CHARACTER}2J"),
        ("safe\u202egnp.exe", "safe\N{REPLACEMENT CHARACTER}gnp.exe"),
        ("half \ud83d emoji", "half \N{REPLACEMENT CHARACTER} emoji"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("Zoë 学生 🎓", "Zoë 学生 🎓"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(raw: str, shown: str) -> None:
    assert harmless(raw) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_what_is_harmless_can_be_written_to_any_terminal_and_stays_as_it_is(raw: str) -> None:
    text = harmless(raw)
    text.encode("utf-8")
    assert not any((ord(c) < 0x20 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in text)
    assert harmless(text) == text
