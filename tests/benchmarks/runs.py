"""Runs through the engine: what they cost, what a poll costs, and many at once."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studybuddy.engine.objects import Assistant, Message, Run, Thread
from studybuddy.engine.store.folder import DataFolder
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.store.store import Store
from tests.benchmarks.figures import Figure, Report, quantiles, spread
from tests.benchmarks.programs import ENGINE_TOKEN, OURS, engine_at, served

_CHUNKS, _RATE = 60, 200.0  # of an answer; chunks a second
_BETWEEN_POLLS = 0.01  # seconds
_QUESTION = [{"role": "user", "content": "What is a cell?"}]


def measure_runs(report: Report, folder: Path, samples: int, threads: int, at_once: int) -> None:
    """Measure with so many threads of 100 messages stored.

    Args:
        report: gets the figures.
        folder: for the engine's data.
        samples: runs that are timed; a poll is timed 50 times as often.
        threads: how many are stored before.
        at_once: runs that work at the same time.
    """
    data_dir = folder / "engine"
    asyncio.run(_fill(data_dir, threads))
    with (
        served(folder, _CHUNKS, _RATE) as upstream,
        engine_at(upstream.base_url, data_dir) as engine,
    ):
        client = _Client(engine)
        direct = _Client(upstream.base_url)
        assistant = client.ask("POST", "/assistants", {"model": "scripted"})["id"]
        costs, polled = [], []
        for _ in range(samples + 1):  # the first one warms both up
            alone = _timed(lambda: direct.completion())
            costs.append((_timed(lambda: client.streamed_run(assistant)) - alone) * 1000)
            polled.append((_timed(lambda: client.polled_run(assistant)) - alone) * 1000)
        working = client.poll_working(assistant, samples * 50)
        ended = client.poll_ended(assistant, samples * 50)
        lateness, failed = _many(engine, assistant, at_once)
    stored = f"{threads} threads of 100 messages stored"
    report.add(
        _figure("run, streamed, longer than its completion (ms)", costs[1:], spread, "< 30"),
        _figure("run, waited for, longer than its completion (ms)", polled[1:], spread, "< 30"),
        _figure(f"poll, {stored}, run at work (ms)", working, quantiles, "p95 < 5"),
        _figure(f"poll, {stored}, run that is over (ms)", ended, quantiles, "p95 < 5"),
        _figure(f"{at_once} runs at once, each longer than alone (s)", lateness, quantiles, ""),
        _figure(f"{at_once} runs at once, not completed", [failed], spread, "0"),
    )


def _figure(name: str, samples: list[float], show: Any, wanted: str) -> Figure:
    return Figure(name, {OURS: samples}, show, wanted=wanted)


class _Client:
    """One connection, with as little of its own as can be."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        """The body of an answer, all of it."""
        self._connection.request(
            method,
            self._path + path,
            None if body is None else json.dumps(body),
            {
                "Authorization": f"Bearer {ENGINE_TOKEN}",
                "Content-Type": "application/json",
                **headers,
            },
        )
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {content.decode()}")
        return content

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """An answer, decoded."""
        return json.loads(self.send(method, path, body, **headers))

    def completion(self) -> None:
        """Have a completion streamed to its end."""
        options = {"stream": True, "stream_options": {"include_usage": True}}
        body = {"model": "scripted", "messages": _QUESTION, **options}
        if b"[DONE]" not in self.send("POST", "/chat/completions", body):
            raise RuntimeError("the completion did not come to its end")

    def streamed_run(self, assistant: str) -> None:
        """Have a run streamed to its end."""
        body = {"assistant_id": assistant, "stream": True, "thread": {"messages": _QUESTION}}
        if b"thread.run.completed" not in self.send("POST", "/threads/runs", body):
            raise RuntimeError("the run was not completed")

    def polled_run(self, assistant: str) -> str:
        """Wait for a run's end, and return how it ended."""
        run = self.start(assistant)
        place = f"/threads/{run['thread_id']}/runs/{run['id']}"
        while run["status"] in ("queued", "in_progress"):
            run = self.ask("GET", place, Prefer="wait=20")
        status: str = run["status"]
        return status

    def start(self, assistant: str) -> Any:
        """A new run on a new thread."""
        body = {"assistant_id": assistant, "thread": {"messages": _QUESTION}}
        return self.ask("POST", "/threads/runs", body)

    def poll_ended(self, assistant: str, times: int) -> list[float]:
        """Milliseconds of each poll of a run that is over, one right after the other."""
        (run,) = self.ask("GET", self._place_of_one(assistant))["data"]
        place = f"/threads/{run['thread_id']}/runs/{run['id']}"
        return [_timed(lambda: self.send("GET", place)) * 1000 for _ in range(times)]

    def _place_of_one(self, assistant: str) -> str:
        run = self.start(assistant)
        place = f"/threads/{run['thread_id']}/runs"
        while run["status"] in ("queued", "in_progress"):
            run = self.ask("GET", f"{place}/{run['id']}", Prefer="wait=20")
        return place

    def poll_working(self, assistant: str, times: int) -> list[float]:
        """Milliseconds of each poll, while runs are at work."""
        found: list[float] = []
        while len(found) < times:
            run = self.start(assistant)
            place = f"/threads/{run['thread_id']}/runs/{run['id']}"
            while run["status"] in ("queued", "in_progress"):
                began = time.perf_counter()
                run = self.ask("GET", place)
                found.append((time.perf_counter() - began) * 1000)
                time.sleep(_BETWEEN_POLLS)
        return found[:times]


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _many(engine: str, assistant: str, count: int) -> tuple[list[float], float]:
    """Seconds that each of many runs took beyond its answer's own, and how many failed."""

    async def all_of_them() -> list[tuple[float, str]]:
        return await asyncio.gather(
            *(asyncio.to_thread(one) for _ in range(count)),
        )

    def one() -> tuple[float, str]:
        began = time.perf_counter()
        status = _Client(engine).polled_run(assistant)
        return time.perf_counter() - began - _CHUNKS / _RATE, status

    async def main() -> list[tuple[float, str]]:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(count) as pool:
            asyncio.get_running_loop().set_default_executor(pool)
            return await all_of_them()

    outcomes = asyncio.run(main())
    return [late for late, _ in outcomes], sum(status != "completed" for _, status in outcomes)


async def _fill(data_dir: Path, threads: int) -> None:
    """Store so many threads of 100 messages, each with a run that is over."""
    store = Store(DataFolder(data_dir).database)
    await store.open()
    assistant = Assistant(model="scripted")

    def one(objects: Objects) -> None:
        thread = Thread()
        objects.insert(thread)
        run = Run(thread_id=thread.id, assistant_id=assistant.id, model="m", status="completed")
        objects.insert(run)
        for number in range(100):
            text = {"value": f"Message {number}. " + "A cell is small. " * 20, "annotations": []}
            content = [{"type": "text", "text": text}]
            role = "assistant" if number % 2 else "user"
            objects.insert(Message(thread_id=thread.id, role=role, content=content))  # type: ignore[arg-type]

    await store.write(lambda objects: objects.insert(assistant))
    for _ in range(threads):
        await store.write(one)
    await store.close()
