"""The engine as the app's companion: one for all apps, there when needed, gone with the last."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import psutil
import pytest
from filelock import FileLock

from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.engine import companion as companion_module
from studybuddy.engine.child import EngineChild
from studybuddy.engine.companion import LOADING, STARTING, EngineCompanion
from studybuddy.engine.private_files import EngineFile, read_engine_file, write_engine_file
from studybuddy.engine.probe import probe
from studybuddy.engine.weights import find_weights
from tests.engine.built_in import is_gone, native_child, needs_model, until

Make = Callable[..., EngineCompanion]


class Home:
    """The folders of one student."""

    def __init__(self, root: Path) -> None:
        self.run, self.instances, self.models, self.log, self.data = (
            root / name for name in ("run", "instances", "models", "log", "data")
        )
        for folder in (self.run, self.instances, self.models):
            folder.mkdir()

    @property
    def engine(self) -> EngineFile | None:
        """The engine that says it runs."""
        return read_engine_file(self.run / "engine.json")

    def app(self, name: str) -> FileLock:
        """An app that runs until it is released."""
        lock = FileLock(self.instances / f"{name}.lock", thread_local=False)
        lock.acquire()
        return lock


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    file = home.engine
    if file is not None and file.pid != os.getpid() and psutil.pid_exists(file.pid):
        psutil.Process(file.pid).kill()


@pytest.fixture
async def make(home: Home) -> AsyncIterator[Make]:
    made: list[EngineCompanion] = []

    def one(model_file: Path | None = None, told: list[str] | None = None) -> EngineCompanion:
        made.append(
            EngineCompanion(
                runtime_dir=home.run,
                instances_dir=home.instances,
                models_dir=home.models,
                log_dir=home.log,
                data_dir=home.data,
                model_file=model_file,
                on_status=None if told is None else told.append,
                grace=0.3,
            )
        )
        return made[-1]

    yield one
    for companion in made:
        await companion.close()


async def answers(endpoint: Endpoint) -> bool:
    return (await ask(endpoint)).status_code == 200


async def ask(endpoint: Endpoint) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=30) as client:
        return await client.post(
            f"{endpoint.base_url}/chat/completions",
            headers={"Authorization": f"Bearer {endpoint.key}"},
            json={"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2},
        )


@needs_model
async def test_apps_share_one_engine_that_outlives_the_first_and_ends_with_the_last(
    home: Home, make: Make
) -> None:
    first_app, second_app = home.app("first"), home.app("second")
    told: list[str] = []
    first, second = make(told=told), make()
    one, other = await asyncio.gather(first.endpoint(), second.endpoint())
    assert one == other
    assert (one.kind, one.key_source) == (EndpointKind.BUILT_IN, KeySource.GIVEN)
    assert one.model == "smollm2-135m-instruct"
    assert told == [STARTING, LOADING]
    file = home.engine
    assert file is not None
    engine, model = psutil.Process(file.pid), native_child(file.pid)
    assert model is not None

    if os.name == "posix":
        assert os.getsid(file.pid) != os.getsid(0)  # no signal of this terminal reaches it
        assert stat.S_IMODE((home.run / "engine.json").stat().st_mode) == 0o600
        assert file.token not in " ".join(engine.cmdline())

    await first.close()
    first_app.release()
    assert await answers(await second.endpoint())
    assert home.engine == file

    await second.close()
    second_app.release()
    await until(lambda: is_gone(engine) and is_gone(model))
    assert home.engine is None


@needs_model
@pytest.mark.skipif(os.name != "posix", reason="signals")
async def test_an_engine_that_was_killed_is_replaced_at_the_next_use(
    home: Home, make: Make
) -> None:
    app, companion = home.app("app"), make()
    await companion.endpoint()
    killed = home.engine
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    await until(lambda: is_gone(psutil.Process(killed.pid)))
    assert await answers(await companion.endpoint())
    assert home.engine != killed
    app.release()


async def test_a_stale_file_that_leads_to_another_program_is_not_trusted(
    home: Home, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port may be another program's by now, and must not get the student's words."""
    started = engines_that_do(monkeypatch, "raise SystemExit(1)")

    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(
            {"engine": "studybuddy", "version": "0", "pid": 1, "model": {"state": "ready"}}
        )
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
        writer.close()

    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    write_engine_file(
        home.run / "engine.json", EngineFile(os.getpid(), port, "token-token", "0.1.0")
    )
    with pytest.raises(StudyBuddyError, match="did not start"):
        await make().endpoint()
    assert len(started) == 1
    server.close()
    await server.wait_closed()


@needs_model
async def test_a_model_that_can_not_be_loaded_is_told_in_a_sentence(
    home: Home, make: Make, tmp_path: Path
) -> None:
    app = home.app("app")
    wrong = tmp_path / "broken-model.gguf"
    wrong.write_bytes(b"GGUF" + bytes(5000))
    with pytest.raises(StudyBuddyError) as caught:
        await make(wrong).endpoint()
    assert caught.value.problem.kind is ProblemKind.ENGINE
    assert "broken-model.gguf can't be loaded" in caught.value.problem.sentence
    assert home.engine is None  # that one is for the built-in model
    app.release()
    file = next(read_engine_file(path) for path in home.run.glob("engine-*.json"))
    assert file is not None
    engine = psutil.Process(file.pid)
    await until(lambda: is_gone(engine))


async def test_missing_weights_are_told_before_anything_is_started(
    home: Home, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = engines_that_do(monkeypatch, "pass")
    monkeypatch.setattr(companion_module, "find_weights", find_weights)
    with pytest.raises(StudyBuddyError) as caught:
        await make(tmp_path / "missing.gguf").endpoint()
    assert caught.value.problem.kind is ProblemKind.NO_WEIGHTS
    assert not started


async def test_the_engine_serves_threads_where_the_weights_are_missing_and_says_so_when_asked(
    home: Home, make: Make, tmp_path: Path
) -> None:
    app = home.app("app")
    companion = make(tmp_path / "missing.gguf")
    endpoint = await companion.server()
    assert endpoint == await companion.server()
    for _ in range(2):
        response = await ask(endpoint)
        assert response.status_code == 503
        error = response.json()["error"]
        assert error["code"] in ("no_weights", "engine")  # the latter where no runtime is
        assert "missing.gguf" in error["message"] or error["code"] == "engine"
    with pytest.raises(StudyBuddyError) as caught:
        await companion.endpoint()
    assert caught.value.problem.kind in (ProblemKind.NO_WEIGHTS, ProblemKind.ENGINE)
    assert endpoint == await companion.server()
    file = next(read_engine_file(path) for path in home.run.glob("engine-*.json"))
    assert file is not None
    await companion.close()
    app.release()
    engine = psutil.Process(file.pid)
    await until(lambda: is_gone(engine))


@needs_model
async def test_the_model_is_loaded_when_it_is_first_wanted_and_not_for_other_upstreams(
    home: Home, make: Make
) -> None:
    app, companion = home.app("app"), make()
    threads = await companion.server()
    file = home.engine
    assert file is not None
    assert native_child(file.pid) is None
    endpoint = await companion.endpoint()
    assert (endpoint.base_url, endpoint.model) == (threads.base_url, "smollm2-135m-instruct")
    assert await answers(endpoint)
    assert home.engine == file
    app.release()


@needs_model
async def test_an_idle_model_answers_whoever_asks_it_first(home: Home, make: Make) -> None:
    app, companion = home.app("app"), make()
    assert (await ask(await companion.server())).status_code == 200
    app.release()


async def test_an_engine_that_does_not_start_is_told_without_its_innards(
    home: Home, make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engines_that_do(monkeypatch, "raise ZeroDivisionError('innards')")
    with pytest.raises(StudyBuddyError) as caught:
        await make().endpoint()
    assert caught.value.problem.kind is ProblemKind.ENGINE
    assert "innards" not in str(caught.value)
    assert "innards" in caplog.text


async def test_an_engine_that_says_why_it_can_not_start_is_quoted(
    home: Home, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines_that_do(monkeypatch, "raise SystemExit('studybuddy serve: The disk is full.')")
    with pytest.raises(StudyBuddyError, match=r"^The disk is full\. Try again"):
        await make().endpoint()


async def test_cancelling_the_start_ends_the_engine_and_lets_the_next_one_try(
    home: Home, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = engines_that_do(monkeypatch, "import time; time.sleep(600)")
    companion = make()
    for count in (1, 2):
        asking = asyncio.create_task(companion.endpoint())
        await until(lambda count=count: len(started) == count)  # type: ignore[misc]
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: started[-1].exit_code() is not None)


async def test_nothing_answers_at_a_port_that_is_silent() -> None:
    assert await probe(1) is None
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        probing = asyncio.create_task(probe(deaf.getsockname()[1]))
        connection, _ = await asyncio.to_thread(deaf.accept)
        connection.sendall(b"\x00\x01garbage" * 100)
        connection.close()
        assert await probing is None


def engines_that_do(monkeypatch: pytest.MonkeyPatch, code: str) -> list[EngineChild]:
    """Has Python code run in the engine's place; gives the processes that were started."""
    monkeypatch.setattr(companion_module, "check_runtime", lambda: None)
    monkeypatch.setattr(companion_module, "find_weights", lambda *_: Path("weights.gguf"))
    from studybuddy.engine import child

    started: list[EngineChild] = []
    spawn = child._spawn

    def start(*, ready_file: Path, log_file: Path, **_: object) -> EngineChild:
        started.append(spawn([sys.executable, "-c", code], log_file, ready_file.parent))
        return started[-1]

    monkeypatch.setattr(companion_module, "start_engine", start)
    return started
