"""What the transcript looks like, at the sizes that matter; update with `--snapshot-update`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.transcript.look import Keys
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import answer, question

SIZES = [(80, 24), (140, 40)]
PASTED = "Can you sum this up?\n" + "\n".join([f"Line {n} of the notes." for n in range(1, 121)])
CODE = """\
Here it is:

```python title="primes.py"
def primes_below(limit: int) -> list[int]:
    sieve = [True] * limit
    return [number for number in range(2, limit) if sieve[number] and not any(number % other == 0 \
for other in range(2, number))]
```

```text
Dear Professor, I write to you because I could not find the solution to exercise four, and would \
be glad to hear from you.
```
"""
THOUGHT = replace(
    answer("Yes: they are *numbered*.", "a2"),
    reasoning="The student pasted **120 lines**.\n\n1. Count them.\n2. See the pattern.",
    variation="as steps",
)
CUT = replace(
    answer("It is a list of **120** lines, and it goes on and", "a1", model="gpt-4o"),
    finish_reason="length",
    variation="simpler",
)


def picture(app: Host) -> str:
    """What each strip of the transcript shows, its bars too."""
    return "\n".join([strip.text.rstrip() for strip in app.transcript._strips])


def made(*messages: Message) -> Host:
    app = Host(messages)
    app.transcript.keys = Keys("f", "t", "Alt+C")
    return app


@pytest.mark.parametrize("size", SIZES)
async def test_a_folded_question_and_an_answer_that_was_cut(
    size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    app = made(question(PASTED), CUT)
    async with app.run_test(size=size) as pilot:
        app.transcript.set_alternatives({"a1": (2, 3)})
        await pilot.pause()
        assert picture(app) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_reasoning_unfolded(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    app = made(question("What are they?"), THOUGHT, question("And now?", "q2"), CUT)
    async with app.run_test(size=size) as pilot:
        app.transcript.focus()
        app.transcript.toggle_thoughts()
        await pilot.pause()
        assert picture(app) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_a_model_that_thinks(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    app = made(question("What are they?"), answer("", "a", MessageState.STREAMING))
    async with app.run_test(size=size) as pilot:
        app.transcript.reasoning("a", "Let me see what they are.")
        app.transcript._frame()
        await pilot.pause()
        assert picture(app) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_code_scrolled_sideways(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    app = made(question("Primes?"), answer(CODE))
    async with app.run_test(size=size) as pilot:
        app.transcript.focus()
        app.transcript.code_next()
        app.transcript.slide(1)
        await pilot.pause()
        assert picture(app) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_code_wrapped(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    app = made(question("Primes?"), answer(CODE))
    async with app.run_test(size=size) as pilot:
        app.transcript.toggle_wrap()
        await pilot.pause()
        assert picture(app) == snapshot
