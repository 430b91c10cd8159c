"""Colours of code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.ui.transcript.highlight import LIMIT, Highlighter, TokenLine

PYTHON = (
    '''def search(items, value):
    """Return the index."""
    for n, item in enumerate(items):
        if item == value:  # found
            return n

    return None

'''
    * 12
)


def text_of(lines: list[TokenLine]) -> str:
    return "\n".join(["".join([part for part, _ in line]) for line in lines])


def kinds(code: str, language: str) -> dict[str, str]:
    return {part: kind for line in Highlighter(language).whole(code) for part, kind in line}


def test_the_parts_of_a_language_are_told_apart() -> None:
    found = kinds('def f(x: int):\n    return "a", 1  # why', "python")
    assert found["def "] == "keyword"
    assert found["f"] == "name"
    assert found["int"] == "builtin"
    assert found["1  "] == "number"
    assert found["# why"] == "comment"
    assert found['"a"'] == "string"


@pytest.mark.parametrize("language", ["", "nosuchlanguage", "text", "plaintext"])
def test_an_unknown_language_is_plain(language: str) -> None:
    assert Highlighter(language).whole("def f():\n  x") == [(("def f():", ""),), (("  x", ""),)]


@settings(deadline=None)
@given(
    st.text(st.sampled_from("ab \n\"'#{}()<>/*=:;-\t0é"), max_size=300),
    st.sampled_from(["python", "js", "html", "console", "diff", "sql", "c", "bash", "json", "md"]),
)
def test_no_character_is_lost(code: str, language: str) -> None:
    assert text_of(Highlighter(language).whole(code)) == code
    assert text_of(Highlighter(language).growing(code)) == code


def test_growing_code_is_coloured_as_the_whole_without_being_read_again() -> None:
    growing = Highlighter("python")
    for end in range(0, len(PYTHON), 37):
        lines = growing.growing(PYTHON[:end])
        assert text_of(lines) == PYTHON[:end]
        assert lines == Highlighter("python").whole(PYTHON[:end])
    assert growing._closed_characters > len(PYTHON) * 0.6


def test_an_open_string_over_many_lines_is_not_taken_for_finished() -> None:
    code = 'x = """\n' + "for words in a string:\n" * 60
    growing = Highlighter("python")
    for end in range(0, len(code), 50):
        lines = growing.growing(code[:end])
    assert lines[-2] == (("for words in a string:", "string"),)


def test_code_beyond_the_limit_is_plain() -> None:
    code = "x = 1\n" * (LIMIT // 6 + 50)
    lines = Highlighter("python").whole(code)
    assert text_of(lines) == code
    assert ("1", "number") in lines[0]
    assert lines[-2] == (("x = 1", ""),)
    assert Highlighter("python").growing(code) == lines


def test_a_lexer_that_fails_costs_only_the_colours(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    highlighter = Highlighter("python")

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(highlighter._lexer, "get_tokens_unprocessed", fail, raising=False)
    assert highlighter.whole("a\nb") == [(("a", ""),), (("b", ""),)]
    assert "failed" in caplog.text
