"""How the app feels while its notes are being indexed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from tests.benchmarks.figures import Figure, Report, quantiles
from tests.benchmarks.indexing import make_notes
from tests.benchmarks.programs import ENGINE_TOKEN, OURS, Program, engine_at
from tests.benchmarks.streaming import echo_beside

_LONGEST = 120.0  # seconds


def measure_echo_beside_indexing(
    report: Report, program: Program, upstream: str, folder: Path, pages: int
) -> None:
    """Type into the app while an engine indexes `pages` pages.

    Args:
        report: gets the figures.
        program: the app.
        upstream: base URL for the engine, which is not asked.
        folder: for the notes and the engine's data.
        pages: of some 500 words each, in files of fifty.
    """
    files = make_notes(folder / "pages", pages)
    with (
        engine_at(upstream, folder / "data") as base_url,
        httpx2.Client(headers={"Authorization": f"Bearer {ENGINE_TOKEN}"}) as client,
    ):

        def ask(method: str, path: str, **options: Any) -> Any:
            response = client.request(method, base_url + path, **options)
            response.raise_for_status()
            return response.json()

        def upload(path: Path) -> str:
            with path.open("rb") as content:
                parts = {"files": {"file": (path.name, content)}, "data": {"purpose": "assistants"}}
                return str(ask("POST", "/files", **parts)["id"])

        ids = [upload(path) for path in files]
        taken: list[float] = []

        def begin() -> Callable[[], bool]:
            store = ask("POST", "/vector_stores", json={})["id"]
            batches = f"/vector_stores/{store}/file_batches"
            batch = ask("POST", batches, json={"file_ids": ids})["id"]
            began = time.monotonic()

            def at_work() -> bool:
                status = ask("GET", f"{batches}/{batch}")["status"]
                taken[:] = [time.monotonic() - began]
                return bool(status == "in_progress" and taken[0] < _LONGEST)

            return at_work

        idle, typing = echo_beside(program, begin)
    report.add(
        Figure("key echo idle, beside an engine (ms)", {OURS: idle}, quantiles),
        Figure(f"key echo while {pages:,} pages are indexed (ms)", {OURS: typing}, quantiles),
        Figure(f"{pages:,} pages uploaded, then indexed by the engine (s)", {OURS: taken}),
    )
