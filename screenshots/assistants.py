"""The pictures of assistant mode: a thread with its notes, steps and quiz, on the real engine."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from studybuddy.ui.app import StudyBuddyApp
from tests.support.pdf import make_pdf
from tests.support.scripted_server import Received
from tests.support.wire import Answer, answer, calls

NOTES = {
    "biology.pdf": [
        "The cell\n\n"
        "Every living thing is made of cells. A cell is the smallest unit of life.\n"
        "The cell membrane separates the cell from its surroundings and controls\n"
        "what enters and leaves. Plant cells have a wall of cellulose outside it.",
        "Energy\n\n"
        "The mitochondrion makes most of the energy that a cell uses, as ATP.\n"
        "Aerobic respiration of one molecule of glucose yields about 30 ATP,\n"
        "fermentation yields only 2. That is why a sprint can't last long.\n"
        "In plants, chloroplasts capture light and make the glucose.",
        "Cell division\n\n"
        "In mitosis one cell divides into two with the same chromosomes.\n"
        "Meiosis halves their number and makes egg and sperm cells.",
    ],
}
QUESTION = "How many times more energy does a cell get from glucose with oxygen than without?"
CODE = """\
# ATP from one glucose
with_oxygen = 30
without_oxygen = 2
print(with_oxygen / without_oxygen)
"""
ANSWER = """\
About **15 times** more.

- With oxygen, the *mitochondrion* turns one glucose into about 30 ATP【1】.
- Without it, fermentation yields only 2 ATP【1】, which is why a sprint can't last long.

So your muscles breathe first, and ferment only when oxygen runs short.
"""
QUIZ_WISH = "Quiz me on this: three questions."
QUIZ: dict[str, Any] = {
    "title": "Energy of the cell",
    "questions": [
        {
            "question_text": "Where does a cell make most of its ATP?",
            "question_type": "MULTIPLE_CHOICE",
            "choices": [
                "In the nucleus",
                "In the mitochondria",
                "In the ribosomes",
                "In the cell membrane",
            ],
        },
        {
            "question_text": "Why can't a sprint last long?",
            "question_type": "FREE_RESPONSE",
        },
        {
            "question_text": "What do chloroplasts capture?",
            "question_type": "MULTIPLE_CHOICE",
            "choices": ["Light", "Oxygen", "ATP"],
        },
    ],
}
ENOUGH = 30  # seconds until a scene is given up


def teacher(request: Received) -> Answer:
    """Searches the notes, has code run, and answers; makes a quiz where one is wanted."""
    said = request.json["messages"]
    asked = max(i for i, message in enumerate(said) if message["role"] == "user")
    outputs = sum(message["role"] == "tool" for message in said[asked:])
    if QUIZ_WISH in str(said[asked]["content"]):
        return calls(("display_quiz", QUIZ))
    if outputs == 0:
        return calls(("file_search", {"query": "energy from glucose with and without oxygen"}))
    return calls(("code_interpreter", {"code": CODE})) if outputs == 1 else answer(ANSWER)


async def asked(pilot: Pilot[None]) -> None:
    """A thread with an answer from the notes."""
    app = pilot.app
    assert isinstance(app, StudyBuddyApp)
    await pilot.press("f2")
    await _until(pilot, lambda: "Explains your notes" in _text(app))
    await pilot.press("f5")
    await _until(pilot, lambda: "Notes of" in _text(app))
    with tempfile.TemporaryDirectory() as folder:
        for name, pages in NOTES.items():
            path = Path(folder) / name
            path.write_bytes(make_pdf(pages))
            await pilot.press(*_keys(str(path)), "enter")
            await _until(pilot, lambda: "ready" in _text(app))
    await pilot.press("escape")
    await _send(pilot, QUESTION)
    await _until(pilot, lambda: _over(app))


async def steps(pilot: Pilot[None]) -> None:
    """The same, with the steps beside it."""
    await asked(pilot)
    await pilot.press("ctrl+g")
    await pilot.pause(0.5)


async def note(pilot: Pilot[None]) -> None:
    """The note, at the passage that was cited."""
    await asked(pilot)
    await pilot.press("f6")
    await pilot.press("n")
    await pilot.press("enter")
    await _until(pilot, lambda: "page 2 of 3" in _text(pilot.app))


async def quiz(pilot: Pilot[None]) -> None:
    """A quiz that waits for its first answer."""
    await asked(pilot)
    await _send(pilot, QUIZ_WISH)
    await _until(pilot, lambda: "Where does a cell" in _text(pilot.app))
    await pilot.press("b")


async def _send(pilot: Pilot[None], text: str) -> None:
    app = pilot.app
    assert isinstance(app, StudyBuddyApp)
    app.chat.view.prompt.put(text)
    await pilot.press("enter")


def _over(app: StudyBuddyApp) -> bool:
    turn = app.chat.view.turn
    return turn is not None and turn.over


def _keys(text: str) -> list[str]:
    names = {"/": "slash", ".": "full_stop", "-": "minus", "_": "underscore"}
    return [names.get(letter, letter) for letter in text]


def _text(app: Any) -> str:
    """What is on the screen."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


async def _until(pilot: Pilot[None], so: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(ENOUGH):
            while not so():
                await pilot.pause(0.05)
    except TimeoutError:
        raise SystemExit(f"The scene does not come about:\n{_text(pilot.app)}") from None
