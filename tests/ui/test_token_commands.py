"""The keys that open what is behind the meter, also while the prompt has the focus."""

from __future__ import annotations

import pytest

from tests.ui.app_under_test import Student


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("shift+f4", "What the next request is made of"),
        ("alt+t", "What the next request is made of"),
        ("shift+f5", "Tokens: Draft"),
        ("alt+v", "Tokens: Draft"),
        ("shift+f6", "Usage"),
        ("alt+u", "Usage"),
        ("shift+f9", "Limits of this conversation"),
        ("alt+l", "Limits of this conversation"),
    ],
)
async def test_a_key_opens_it_and_escape_leads_back(keys: str, shown: str) -> None:
    async with Student().at_work() as student:
        await student.type("hello")
        await student.pilot.press(keys)
        await student.until(lambda: shown in student.shown())
        assert student.app.screen is not student.app.chat
        await student.pilot.press("escape")
        await student.until(lambda: student.app.screen is student.app.chat)
        assert student.view.prompt.text == "hello"


async def test_messages_are_among_the_texts_that_are_shown_as_tokens() -> None:
    async with Student().at_work() as student:
        await student.ask("What is a token?")
        await student.pilot.press("shift+f5")
        await student.until(lambda: "Tokens: Draft (1 of 4)" in student.shown())
        await student.pilot.press("p")
        await student.until(lambda: "Answer: Hello." in student.shown())
