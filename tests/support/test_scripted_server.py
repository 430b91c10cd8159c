from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from studybuddy.domain.ports import CompletionFinished
from studybuddy.providers.endpoints import at
from tests.support.completions import events_of, provider_at, text_of


async def test_as_a_program_it_streams_and_notes_when_the_last_word_left(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.scripted_server", "--rate", "500"),
        *("--chunks", "20", "--ending", "THE END", "--end-file", str(ends)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())
        provider = provider_at(at(told["base_url"]))
        began = time.monotonic()
        events = await events_of(provider)
        await provider.close()
    finally:
        process.kill()
        await process.wait()
    assert text_of(events).startswith("## Part 1")
    assert text_of(events).endswith("THE END")
    assert isinstance(events[-1], CompletionFinished)
    (line,) = ends.read_text().splitlines()
    assert began < float(line) < time.monotonic()
