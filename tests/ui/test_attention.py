"""Telling a student who looks elsewhere."""

from __future__ import annotations

import pytest
from textual import events

from studybuddy.ui.app import StudyBuddyApp
from studybuddy.ui.attention import LONGEST, call, notification
from tests.ui.app_under_test import Student


async def written(student: Student, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    """What goes to the terminal for a call."""
    sent: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(StudyBuddyApp, "is_headless", property(lambda _: False))
        assert student.app._driver is not None
        patched.setattr(student.app._driver, "write", sent.append)
        call(student.app, text)
    return "".join(sent)


async def test_nothing_is_written_while_the_terminal_has_the_focus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Student().at_work() as student:
        assert await written(student, monkeypatch, "A thread is done.") == ""


async def test_a_bell_and_a_notification_are_written_while_the_focus_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Student().at_work() as student:
        student.app.post_message(events.AppBlur())
        await student.until(lambda: not student.app.app_focus)
        sent = await written(student, monkeypatch, "A thread is done.")
        assert sent == "\x07\x1b]9;Study Buddy: A thread is done.\x07"
        student.app.post_message(events.AppFocus())
        await student.until(lambda: student.app.app_focus)
        assert await written(student, monkeypatch, "Another is done.") == ""


@pytest.mark.parametrize("text", ["\x1b]0;evil\x07", "a\x07b\x9c\x1b\\c", "two\nlines"])
def test_no_text_ends_the_escape_sequence_that_carries_it(text: str) -> None:
    shown = notification(text)
    assert shown.isprintable()
    assert shown.startswith("Study Buddy: ")


def test_a_long_title_is_cut() -> None:
    assert len(notification("x" * 1000)) < LONGEST + 20
