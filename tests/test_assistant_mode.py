"""Assistant mode's edges put together as the program does: the real engine, as a process."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from studybuddy.assembly.parts import Parts
from studybuddy.domain.assistant_ports import RunRequest
from studybuddy.domain.assistants import AssistantSpec, NoteStatus
from studybuddy.engine.private_files import EngineFile, read_engine_file
from studybuddy.providers.endpoints import at
from tests.contract.assistant_service import all_of, last_run, over, streamed
from tests.engine.built_in import is_gone, native_child, until
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Hang, Stream, answer, chunk

KEY = "sk-the-students"


@dataclass
class Program:
    """The program's parts, and the engine that they started."""

    parts: Parts

    @property
    def engine(self) -> EngineFile | None:
        return read_engine_file(self.parts.paths.runtime / "engine.json")

    async def kill_engine(self) -> None:
        """As `kill -9` does."""
        engine = self.engine
        assert engine is not None
        process = psutil.Process(engine.pid)
        os.kill(engine.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        await until(lambda: is_gone(process))


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    environ = {"STUDYBUDDY_HOME": str(tmp_path / "home"), "OPENAI_API_KEY": KEY}
    parts = Parts(argparse.Namespace(model=None, base_url=None), environ)
    program = Program(parts)
    yield program
    engine = program.engine
    await parts.close()
    if engine is not None and psutil.pid_exists(engine.pid):
        psutil.Process(engine.pid).kill()


async def test_threads_outlive_an_engine_that_was_killed_and_the_next_call_starts_another(
    program: Program, tmp_path: Path
) -> None:
    async with ScriptedServer(answer("A wave."), answer("It travels.")) as server:
        lab = replace(at(server.base_url, "m1"), key=KEY)
        service = await program.parts.assistants.connect(lab)
        first = program.engine
        assert first is not None
        assert native_child(first.pid) is None  # its own model is left alone
        assistant = await service.create_assistant(AssistantSpec("Tutor"))
        thread = await service.create_thread()
        question = RunRequest(assistant.id, question="What is light?")
        events = await all_of(service.create_run(thread, question))
        assert streamed(events) == "A wave."
        path = tmp_path / "notes.md"
        path.write_text("Light is a wave.")
        note = await service.add_note(assistant.id, path, lambda *_: None)
        assert note.status is NoteStatus.COMPLETED

        await program.kill_engine()
        assert [m.text for m in await service.messages(thread)] == ["What is light?", "A wave."]
        assert program.engine != first
        assert [n.name for n in await service.notes(assistant.id)] == ["notes.md"]

        await program.kill_engine()
        events = await all_of(service.create_run(thread, replace(question, question="And?")))
        assert streamed(events) == "It travels."
        assert all(r.headers["authorization"] == f"Bearer {KEY}" for r in server.requests)
    data = program.parts.paths.data
    stored = [file for file in data.rglob("*") if file.is_file()]
    assert stored
    assert not [file for file in stored if KEY.encode() in file.read_bytes()]


async def test_a_run_that_the_engine_died_with_ends_with_a_reason(program: Program) -> None:
    async with ScriptedServer(Stream([chunk({"content": "Light "}), Hang()])) as server:
        service = await program.parts.assistants.connect(at(server.base_url, "m1"))
        assistant = await service.create_assistant(AssistantSpec("Tutor"))
        thread = await service.create_thread()
        events = service.create_run(thread, RunRequest(assistant.id, question="Why?"))
        async with asyncio.timeout(20):
            run = last_run([await anext(events)])
            await server.arrived.wait()
        await program.kill_engine()
        await events.aclose()
        ended = await over(service, thread, run.id)
        assert ended.error
        assert await service.active_run(thread) is None
