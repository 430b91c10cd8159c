"""The scenes about the craft of conversation: versions, search, personas, templates, formulas."""

from __future__ import annotations

import time

from textual.pilot import Pilot

from studybuddy.domain.variations import ANALOGY
from studybuddy.ui.app import StudyBuddyApp
from tests.support.scripted_server import Received
from tests.support.wire import Answer, answer

RECURSION = "Why does recursion need a base case?"
FOURIER = "What does the Fourier transform do?"
ANSWERS = {
    RECURSION: """\
A recursive function solves a problem by solving a **smaller** one of the same kind. The *base case*
is the smallest: it is answered directly, without another call.

Without one, the calls never end. Each waits for the next, and each takes a frame of the call stack:

```python
def countdown(n):
    if n == 0:            # the base case
        return "Go!"
    return countdown(n - 1)
```

Leave the `if` out, and Python stops you with `RecursionError: maximum recursion depth exceeded`.
""",
    FOURIER: r"""
It takes a signal apart into waves, and says **how much** of each frequency is in it:

$$\hat f(\omega) = \int_{-\infty}^{\infty} f(t)\, e^{-i \omega t}\, dt$$

For sampled data there are $N$ values, and so $N$ frequencies $\omega_k = \frac{2\pi k}{N}$:

$$X_k = \sum_{n=0}^{N-1} x_n\, e^{-i \frac{2\pi}{N} k n} \qquad
\begin{pmatrix} X_0 \\ X_1 \end{pmatrix} =
\begin{pmatrix} 1 & 1 \\ 1 & -1 \end{pmatrix} \begin{pmatrix} x_0 \\ x_1 \end{pmatrix}$$

| signal | its spectrum |
| --- | --- |
| one pure tone | a single peak at $\omega_0$ |
| white noise | the same everywhere, on average |
| a short click | wide: $\Delta t \cdot \Delta\omega \ge \frac{1}{2}$ |
""",
}
AGAIN = """\
Think of **Russian dolls**. To find the smallest one you open a doll, and do the same with the doll
inside. You stop when a doll does not open: *that* is the base case.

Were every doll to hold another, you would open dolls for ever, and your table would fill up: that
is the call stack.

*Where the analogy ends:* dolls get smaller by themselves; your function has to see to that.
"""


def tutor(request: Received) -> Answer:
    """Answers what is asked, and differently where that is wanted."""
    said = [message["content"] for message in request.json["messages"]]
    if any(ANALOGY.instruction in text for text in said):
        return answer(AGAIN, model="qwen3-8b")
    asked = next(text for text in reversed(said) if text in ANSWERS or text == said[0])
    return answer(ANSWERS.get(asked, "Yes."), model="qwen3-8b")


async def welcome(pilot: Pilot[None]) -> None:
    """An empty conversation, and a slash in the prompt."""
    await pilot.pause(1.0)
    await pilot.press("slash", "e")
    await pilot.pause(0.7)


async def formulas(pilot: Pilot[None]) -> None:
    """An answer with formulas and a table."""
    await _ask(pilot, FOURIER)


async def versions(pilot: Pilot[None]) -> None:
    """Two versions of an answer beside each other."""
    await _ask(pilot, RECURSION)
    await pilot.press("alt+r")
    await pilot.pause(0.4)
    await pilot.press("4")
    await _answered(pilot)
    await pilot.press("alt+d")
    await pilot.pause(0.7)


async def search(pilot: Pilot[None]) -> None:
    """Hits while words are typed."""
    for question in (FOURIER, "How do I sum a list in Python?", RECURSION):
        await _ask(pilot, question)
        await pilot.press("ctrl+n")
    await pilot.press("ctrl+f")
    await pilot.pause(0.5)
    await pilot.press(*"recurs")
    await pilot.pause(1.5)


async def personas(pilot: Pilot[None]) -> None:
    """Who is to answer."""
    await pilot.pause(0.7)
    await pilot.press("alt+p")
    await pilot.pause(0.5)
    await pilot.press("down")
    await pilot.pause(0.7)


async def template(pilot: Pilot[None]) -> None:
    """A template that is filled in."""
    await pilot.pause(0.7)
    await pilot.press(*"/summarise", "enter")
    await pilot.pause(1.0)
    await pilot.press(*"A cell takes in glucose and turns it into ATP, step by step.")
    await pilot.pause(0.7)


async def settings(pilot: Pilot[None]) -> None:
    """Everything that can be set."""
    await pilot.pause(0.7)
    await pilot.press("alt+s")
    await pilot.pause(0.7)
    await pilot.press("down", "down", "down")
    await pilot.pause(0.4)


async def _ask(pilot: Pilot[None], question: str) -> None:
    _app(pilot).chat.view.prompt.put(question)
    await pilot.press("enter")
    await _answered(pilot)


async def _answered(pilot: Pilot[None]) -> None:
    view, until = _app(pilot).chat.view, time.monotonic() + 20
    await pilot.pause(0.2)
    while view.turn is None or not view.turn.over:
        assert time.monotonic() < until
        await pilot.pause(0.05)
    await pilot.pause(0.4)


def _app(pilot: Pilot[None]) -> StudyBuddyApp:
    assert isinstance(pilot.app, StudyBuddyApp)
    return pilot.app
