"""The published walk-throughs of the Assistants API, with only the base URL changed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from studybuddy.engine.private_files import read_engine_file
from tests.support.pdf import make_pdf
from tests.support.scripted_server import ScriptedServer
from tests.walkthroughs.tutor import CODE, MODELS, SOLVED, tutor

SCRIPTS = Path(__file__).parent / "scripts"
ENOUGH = 40  # seconds until a test gives up; nothing is measured by it
TOKEN = "the-token-of-the-walk-throughs"
NOTES = [
    "The cell\n\nA ribosome builds proteins from amino acids.",
    "Energy\n\nThe mitochondrion makes most of the energy that a cell uses.",
]


@asynccontextmanager
async def served(home: Path, *arguments: str) -> AsyncIterator[str]:
    """`studybuddy serve` as a process of its own; gives its base URL."""
    ready = home / "ready.json"
    token = home / "token"
    token.write_text(TOKEN)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "studybuddy", "serve", "--port=0", f"--ready-file={ready}"),
        *(f"--token-file={token}", *arguments),
        env={**os.environ, "STUDYBUDDY_HOME": str(home)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(ENOUGH):
            while (file := read_engine_file(ready)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        yield file.base_url
    finally:
        process.terminate()
        await process.wait()


async def walk(base_url: str, script: str, *arguments: str) -> list[str]:
    """Run a walk-through as a student would, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore::DeprecationWarning", str(SCRIPTS / script), *arguments),
        env={**os.environ, "OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": TOKEN},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), ENOUGH)
    assert process.returncode == 0, f"{out.decode()}\n{err.decode()}"
    return out.decode().splitlines()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[str]:
    """An engine over a model server that uses tools."""
    async with (
        ScriptedServer(tutor, models=MODELS) as server,
        served(tmp_path, "--upstream", server.base_url) as base_url,
    ):
        yield base_url


async def test_the_math_tutor_has_code_run_and_tells_the_solution(engine: str) -> None:
    said = await walk(engine, "math_tutor.py")
    assert said == [
        "status: completed",
        "model: gpt-4-1106-preview",
        *f"code: {CODE}".splitlines(),
        "logs: x = 1.0",
        f"assistant: {SOLVED}",
    ]


async def test_a_run_is_polled_by_hand_and_the_thread_remembers(engine: str) -> None:
    said = await walk(engine, "polling_by_hand.py")
    assert said == [
        "newest first: ['assistant', 'user', 'assistant', 'user']",
        "user: What is a cell?",
        "assistant: You said: What is a cell?",
        "user: Could you explain this to me again?",
        "assistant: You said: Could you explain this to me again?",
        "deleted: True",
    ]


async def test_three_threads_run_at_once_and_do_not_mix(engine: str) -> None:
    said = await walk(engine, "concurrent_threads.py")
    assert said.count("status: completed") == 3
    for question in ("What is linear algebra?", "Could you explain this to me?", "I don't like"):
        assert sum(question in line for line in said) == 2


async def test_a_pdf_is_searched_and_cited(engine: str, tmp_path: Path) -> None:
    pdf = tmp_path / "cells.pdf"
    pdf.write_bytes(make_pdf(NOTES))
    said = await walk(engine, "notes_in_a_pdf.py", str(pdf))
    assert said[:2] == ["batch: completed 1 of 1", "status: completed"]
    assert said[2].startswith("answer: The mitochondrion does")
    assert said[3] == "[0] cells.pdf"
    assert "found: cells.pdf True" in said


async def test_a_quiz_is_answered_and_feedback_comes(engine: str) -> None:
    said = await walk(engine, "display_quiz.py")
    assert said == [
        "status: requires_action",
        "function: display_quiz",
        "quiz: The cell",
        "status: completed",
        'assistant: You answered ["I don\'t know.", "In the nucleus"]: well done.',
    ]


async def test_a_run_streams_to_an_event_handler(engine: str) -> None:
    said = await walk(engine, "streamed_run.py")
    assert said == [
        "tool > code_interpreter",
        f"assistant > {SOLVED}",
        "status: completed",
    ]


async def test_plain_http_with_the_beta_header_is_enough(engine: str) -> None:
    said = await walk(engine, "plain_http.py")
    assert said == [
        "created: queued",
        "status: completed",
        "more: True",
        "assistant: You said: What is a cell?",
        "deleted: True",
    ]
