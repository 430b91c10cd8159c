"""The scenes about tokens and money, with a month of usage told to the app's own history."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta

from textual.pilot import Pilot

from studybuddy.domain.accounts import Origin, Purpose, UsageRecord
from studybuddy.domain.messages import Mode, new_id
from studybuddy.domain.usage import Usage
from studybuddy.ui.app import StudyBuddyApp

QUESTIONS = (
    "Why does recursion need a base case?",
    "Explain photosynthesis like I'm ten",
    "What is a hash table, and when would I use one?",
)
DRAFT = "I'm going to use AI to relaunch my career: naïve résumés, Ελλάδα, 1234567 and 🚀 emoji!"
MODELS = {"qwen3-8b": (50, 200), "qwen3-32b": (100, 400), "gemma3-12b": (40, 150)}
"""Nanodollars for a token in and out."""


async def detail(pilot: Pilot[None]) -> None:
    """What the next request is made of."""
    await conversed(pilot)
    await pilot.press(*"And in Python?", "alt+t")
    await pilot.pause(1.0)


async def view(pilot: Pilot[None]) -> None:
    """A draft as tokens, in two encodings."""
    app(pilot).chat.view.prompt.put(DRAFT)
    await pilot.pause(0.5)
    await app(pilot).chat.run_action("feature('token_view')")
    await pilot.pause(1.0)
    await pilot.press("e")
    await pilot.pause(1.0)


async def usage(pilot: Pilot[None]) -> None:
    """A month of usage."""
    chance = random.Random(4)
    now = datetime.now()
    for back in range(now.day):
        for _ in range(chance.choice((0, 2, 5, 9))):
            model = chance.choice(list(MODELS))
            prompt, completion = chance.randint(200, 9000), chance.randint(80, 1500)
            cached = prompt // 3 if chance.random() < 0.4 else 0
            into, out = MODELS[model]
            assisted = chance.random() < 0.4
            record = UsageRecord(
                new_id(),
                (now - timedelta(days=back)).timestamp(),
                "campus",
                model,
                Origin(
                    "",
                    Mode.ASSISTANT if assisted else Mode.COMPLETION,
                    Purpose.RUN if assisted else Purpose.ANSWER,
                ),
                Usage(prompt, completion, cached, completion // 4),
                True,
                prompt * into + completion * out,
                duration=4.0,
            )
            await app(pilot).services.desk.accounts.log.add(record)
    await app(pilot).chat.run_action("feature('usage')")
    await pilot.pause(1.5)


async def conversed(pilot: Pilot[None]) -> None:
    """Have three questions answered."""
    screen = app(pilot).chat
    for question in QUESTIONS:
        screen.view.prompt.put(question)
        await pilot.press("enter")
        until = time.monotonic() + 20
        while screen.view.turn is None or not screen.view.turn.over:
            assert time.monotonic() < until
            await pilot.pause(0.05)
    await pilot.pause(0.5)


def app(pilot: Pilot[None]) -> StudyBuddyApp:
    """The app that the pilot presses keys of."""
    assert isinstance(pilot.app, StudyBuddyApp)
    return pilot.app
