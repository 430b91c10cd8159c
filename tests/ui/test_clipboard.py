"""Copying by the terminal and by the platform's tool."""

from __future__ import annotations

from collections.abc import Callable

import pyperclip
import pytest

from studybuddy.ui.clipboard import by_tool
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student


@pytest.fixture
def clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the platform's tool was given."""
    given: list[str] = []

    def copy_wl(text: str) -> None:
        given.append(text)

    use(copy_wl, monkeypatch)
    return given


def use(tool: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the platform copy by a function."""
    monkeypatch.setattr(pyperclip, "determine_clipboard", lambda: (tool, str))


def test_the_platforms_tool_gets_the_text_and_is_named(clipboard: list[str]) -> None:
    assert by_tool("ATP ⚡", {}) == "wl-copy"
    assert clipboard == ["ATP ⚡"]


@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY"])
def test_the_tool_of_a_machine_far_away_is_not_used(clipboard: list[str], variable: str) -> None:
    assert by_tool("ATP", {variable: "10.0.0.1 22"}) == ""
    assert clipboard == []


def test_a_tool_that_fails_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_xclip(text: str) -> None:
        raise pyperclip.PyperclipException("Error: Can't open display")

    use(copy_xclip, monkeypatch)
    assert by_tool("ATP", {}) == ""


def test_where_there_is_no_tool_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    _, no_tool = pyperclip.init_no_clipboard()
    use(no_tool, monkeypatch)
    assert by_tool("ATP", {}) == ""


async def test_what_was_copied_is_said_with_the_way_it_went() -> None:
    async with Student(says("By **ATP**.")).at_work() as student:
        await student.ask("How?")
        await student.pilot.press("f7")
        await student.until(lambda: "Copied the message: 11 characters" in student.told())
        assert "by the terminal (OSC 52)" in student.told()
        assert student.app.clipboard == "By **ATP**."
