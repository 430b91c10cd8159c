"""What gets into the log, and what does not."""

from __future__ import annotations

import logging
import sys

import pytest

from studybuddy.engine.logs import FileFormatter, PlainFormatter

RUDE = "bad \x1b]0;pwned\x07\r\n2026-01-01 12:00:00 1 INFO all: is well"


def a_record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    caught = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("engine", logging.INFO, "f.py", 1, "%s", (message,), caught)


@pytest.mark.parametrize("form", [PlainFormatter(), FileFormatter()])
def test_what_others_said_is_one_line_that_controls_nothing(form: logging.Formatter) -> None:
    line = form.format(a_record(RUDE))
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line
    assert "pwned" in line
    assert "is well" in line


def raised(message: str) -> BaseException:
    try:
        raise ValueError(message)
    except ValueError:
        error = sys.exception()
        assert error is not None
        return error


def test_a_file_keeps_the_traceback_whose_lines_are_no_records() -> None:
    first, *others = FileFormatter().format(a_record("a tool failed", raised(RUDE))).splitlines()
    assert first.endswith("engine: a tool failed")
    assert any("raise ValueError" in line for line in others)
    assert all(line.startswith("  ") for line in others)
    assert "\x1b" not in "".join(others)


def test_a_terminal_gets_the_error_without_its_traceback() -> None:
    lines = PlainFormatter().format(a_record("a tool failed", raised("it broke"))).splitlines()
    assert lines == ["a tool failed", "ValueError: it broke"]
