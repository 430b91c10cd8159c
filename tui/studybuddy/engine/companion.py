"""The engine as the app's companion: found or started when it is needed, shared by all apps."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studybuddy import __version__
from studybuddy.domain.endpoints import BUILT_IN, Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.engine.child import EngineChild, start_engine
from studybuddy.engine.private_files import EngineFile, read_engine_file
from studybuddy.engine.probe import Health, probe, wake
from studybuddy.engine.weights import check_runtime, find_weights

if TYPE_CHECKING:
    from filelock import FileLock

log = logging.getLogger(__name__)

STARTING = "Starting the engine"
LOADING = "Loading the model"

START_LIMIT = 60.0
"""Seconds for the engine to listen; a cold disk on a slow machine takes a while."""
LOAD_LIMIT = 180.0
"""Seconds for the model to be loaded."""

_LOOK_EVERY = 0.03  # seconds, while it starts


class EngineCompanion:
    """The engine of one data folder, seen from one app.

    It is started by the first app that needs it, used by all, and ends by itself when no app
    holds its lock in the instances folder any more: hold one before calling it.
    """

    def __init__(
        self,
        *,
        runtime_dir: Path,
        instances_dir: Path,
        models_dir: Path,
        log_dir: Path,
        data_dir: Path,
        model_file: Path | None = None,
        on_status: Callable[[str], None] | None = None,
        grace: float | None = None,
    ) -> None:
        """Prepare it; nothing is started and nothing slow is imported.

        Args:
            runtime_dir: where the engine writes down its address and token.
            instances_dir: where the running apps hold their locks.
            models_dir: where fetched weights lie.
            log_dir: for the engine's own log.
            data_dir: where a folder is made for the engine's threads and files.
            model_file: a GGUF file to use instead of the built-in model.
            on_status: told `STARTING` and `LOADING`, when that is waited for.
            grace: seconds for which the engine outlives the last app; `None` for its own measure.
        """
        self._runtime_dir = runtime_dir
        self._instances_dir = instances_dir
        self._models_dir = models_dir
        self._log_file = log_dir / "engine.log"
        self._model_file = model_file.absolute() if model_file else None
        self._on_status = on_status or (lambda _: None)
        self._grace = grace
        name = _name(self._model_file)
        self._file = runtime_dir / f"{name}.json"
        self._data_dir = data_dir / name
        self._starting = asyncio.Lock()
        self._loading = asyncio.Lock()
        self._child: EngineChild | None = None

    async def endpoint(self) -> Endpoint:
        """The built-in endpoint with address, token and model, once the model is ready.

        Quick where the engine runs: call it before each use, since an engine that crashed is
        started again, at another address. Cancelling it ends an engine that it was starting.

        Raises:
            StudyBuddyError: NO_WEIGHTS where there are none, ENGINE where it can't be started or
                its model does not run.
        """
        async with self._loading:
            file, health = await self._loaded(*await self._engine(idle_model=False))
        return _endpoint(file, health)

    async def server(self, *, own_model: bool = False) -> Endpoint:
        """The engine with its address and token, without waiting for its model.

        Otherwise as `endpoint`.

        Args:
            own_model: whether its own model is to be loaded meanwhile. Where it is not, an engine
                that has to be started leaves it alone, and it may be missing.

        Raises:
            StudyBuddyError: as `endpoint`; NO_WEIGHTS only for its own model.
        """
        file, health = await self._engine(idle_model=not own_model)
        if own_model and health.state == "off":
            await self._wake(file)
        return _endpoint(file, health)

    async def close(self) -> None:
        """Let go of the engine, which ends when no other app uses it."""
        if self._child is not None:
            self._child.let_go()
            self._child = None

    async def _running(self) -> tuple[EngineFile, Health] | None:
        """The engine that runs already; `None` where the file is missing or stale."""
        file = read_engine_file(self._file)
        if file is None or file.version != __version__:
            return None
        health = await probe(file.port)
        # Another program may have got the port since.
        return (file, health) if health is not None and health.pid == file.pid else None

    async def _engine(self, *, idle_model: bool) -> tuple[EngineFile, Health]:
        """The engine that runs, or else one that is started now."""
        async with self._starting:
            return await self._running() or await self._started(idle_model=idle_model)

    async def _started(self, *, idle_model: bool) -> tuple[EngineFile, Health]:
        """Start the engine, or wait for another app that is doing so."""
        if not idle_model:
            await self._check_model()
        self._on_status(STARTING)
        async with _only_one(self._file.with_suffix(".lock")):
            return await self._running() or await self._start(idle_model=idle_model)

    async def _wake(self, file: EngineFile) -> None:
        """Have an engine load its model."""
        await self._check_model()
        if why_not := await wake(file.port, file.token):
            raise _problem(why_not)

    async def _check_model(self) -> None:
        check_runtime()
        await asyncio.to_thread(find_weights, self._model_file, self._models_dir)

    async def _start(self, *, idle_model: bool) -> tuple[EngineFile, Health]:
        await self.close()  # of one that has ended
        with suppress(OSError):
            self._file.unlink()
        try:
            child = await asyncio.to_thread(
                start_engine,
                model_file=self._model_file,
                models_dir=self._models_dir,
                ready_file=self._file,
                instances_dir=self._instances_dir,
                log_file=self._log_file,
                data_dir=self._data_dir,
                idle_model=idle_model,
                grace=self._grace,
            )
        except OSError as error:
            raise _problem(f"The engine can't be started: {error.strerror or error}.") from error
        try:
            async with asyncio.timeout(START_LIMIT):
                while (found := await self._running()) is None:
                    if (code := child.exit_code()) is not None:
                        log.error("the engine ended with %s:\n%s", code, child.last_words())
                        said = child.complaint()
                        raise _problem(said or "The engine of the built-in model did not start.")
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            child.end()
            raise _problem("The engine of the built-in model took too long to start.") from None
        except BaseException:
            child.end()
            raise
        self._child = child
        return found

    async def _loaded(self, file: EngineFile, health: Health) -> tuple[EngineFile, Health]:
        """Wait until the engine's model is ready."""
        if health.state == "ready":
            return file, health
        self._on_status(LOADING)
        if health.state in ("off", "failed"):
            await self._wake(file)
            health = replace(health, state="loading")
        try:
            async with asyncio.timeout(LOAD_LIMIT):
                while health.state not in ("ready", "failed"):
                    await asyncio.sleep(_LOOK_EVERY)
                    found = await self._running()
                    if found is None:
                        raise _problem(
                            "The engine of the built-in model stopped unexpectedly.",
                            transient=True,
                        )
                    file, health = found
        except TimeoutError:
            raise _problem("The built-in model takes too long to load.") from None
        if health.state == "failed":
            raise _problem(health.sentence or "The built-in model can't run.")
        return file, health


@asynccontextmanager
async def _only_one(path: Path) -> AsyncIterator[None]:
    """Hold off other apps that start the engine, until the block ends."""
    lock = await asyncio.to_thread(_file_lock, path)
    try:
        async with asyncio.timeout(START_LIMIT):
            # Not waiting in a thread: one that was given up could still take it later.
            while True:
                if _taken(lock):
                    break
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        raise _problem("Another window of StudyBuddy does not get the engine started.") from None
    except OSError as error:
        raise _problem(f"{path} can't be used: {error.strerror or error}.") from error
    try:
        yield
    finally:
        lock.release()


def _file_lock(path: Path) -> FileLock:
    from filelock import FileLock  # 50 ms: in a thread, and not at start

    return FileLock(path, timeout=0, mode=0o600, thread_local=False)


def _taken(lock: FileLock) -> bool:
    from filelock import Timeout

    try:
        lock.acquire()
    except Timeout:
        return False
    return True


def _endpoint(file: EngineFile, health: Health) -> Endpoint:
    return Endpoint(
        name=BUILT_IN,
        base_url=file.base_url,
        kind=EndpointKind.BUILT_IN,
        model=health.model,
        key=file.token,
        key_source=KeySource.GIVEN,
    )


def _name(model_file: Path | None) -> str:
    """Apps that want another model share another engine."""
    if model_file is None:
        return "engine"
    return f"engine-{hashlib.sha256(str(model_file).encode()).hexdigest()[:12]}"


def _problem(sentence: str, *, transient: bool = False) -> StudyBuddyError:
    advice = "Try again; “studybuddy doctor” tells where its log is."
    return StudyBuddyError(Problem(ProblemKind.ENGINE, sentence, advice, transient))
