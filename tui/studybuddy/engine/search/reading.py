"""Has files read by a child process, which is started again when it dies."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from studybuddy.engine.search.chunks import Chunk, Chunking
from studybuddy.engine.search.documents import Document
from studybuddy.engine.search.passages import Unreadable
from studybuddy.engine.search.wire import PREFIX, Done, Task, pack, unpack

log = logging.getLogger(__name__)

TIMEOUT = 180.0
"""Seconds that the largest file may take."""
_AT_LEAST = 30.0  # seconds that any file may take
_A_MEGABYTE = 20.0  # seconds more for each million bytes; notes take a hundredth of that
_MARGIN = 5.0  # seconds after which a child that no one ended ends itself
_IDLE = 30.0  # seconds without a task after which the child is ended
_BELOW_NORMAL = 0x00004000  # BELOW_NORMAL_PRIORITY_CLASS of Windows
_COMMAND = (sys.executable, "-P", "-m", "studybuddy.engine.search.child")


class Reader:
    """One child at a time, one file at a time, in the order asked; belongs to one event loop."""

    def __init__(self, timeout: float = TIMEOUT, command: Sequence[str] = _COMMAND) -> None:
        """Prepare it; the first task starts the child.

        Args:
            timeout: seconds that one file may take at most; a small one has less.
            command: the child's program and arguments.
        """
        self._timeout = timeout
        self._command = command
        self._turn = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the child, while there is one."""
        return self._child.pid if self._child is not None else None

    async def read(self, path: Path, name: str, chunking: Chunking) -> tuple[Document, list[Chunk]]:
        """The text of a file, and its chunks.

        Raises:
            Unreadable: where there is none to be had.
        """
        size = await asyncio.to_thread(_size, path)
        done = await self._do(self._task(chunking, size, str(path), name))
        if done.document is None:
            raise Unreadable("server_error", "The file's text was lost. Add it again.")
        return done.document, done.chunks

    async def cut(self, document: Document, chunking: Chunking) -> list[Chunk]:
        """The chunks of a text that was read before.

        Raises:
            Unreadable: where the child fails.
        """
        size = sum(map(len, document.pages))
        return (await self._do(self._task(chunking, size, document=document))).chunks

    async def close(self) -> None:
        """End the child; what is asked for later is refused."""
        self._closed = True
        if self._rest is not None:
            self._rest.cancel()
        await self._end()

    def _task(
        self,
        chunking: Chunking,
        size: int,
        path: str = "",
        name: str = "",
        document: Document | None = None,
    ) -> Task:
        seconds = min(self._timeout, _AT_LEAST + _A_MEGABYTE * size / 1_000_000)
        return Task(chunking.max_tokens, chunking.overlap_tokens, seconds, path, name, document)

    async def _do(self, task: Task) -> Done:
        async with self._turn:
            if self._closed:
                raise Unreadable("server_error", "The engine was stopped before this was read.")
            if self._rest is not None:
                self._rest.cancel()
            try:
                async with asyncio.timeout(task.seconds):
                    done = await self._answer(task)
            except TimeoutError:
                await self._end()
                raise Unreadable(
                    "server_error",
                    f"Reading this file took more than {task.seconds:.3g} seconds and was stopped.",
                ) from None
            except (OSError, EOFError) as error:
                await self._end()
                log.warning("the reading process died of %r", task.name)
                raise Unreadable(
                    "server_error",
                    "The reader broke down on this file, which may be damaged. "
                    "Save it anew and add it again.",
                ) from error
            except BaseException:
                await self._end()  # it is still at the task that no one waits for
                raise
            self._rest = asyncio.get_running_loop().call_later(_IDLE, self._dismiss)
        if done.code is not None:
            raise Unreadable(done.code, done.sentence)
        return done

    async def _answer(self, task: Task) -> Done:
        child = self._child
        if child is None or child.returncode is not None:
            child = self._child = await self._start()
        if child.stdin is None or child.stdout is None:
            raise EOFError
        told = msgspec.structs.replace(task, seconds=task.seconds + _MARGIN)
        message = await asyncio.to_thread(pack, told) if task.document else pack(told)
        child.stdin.write(message)
        await child.stdin.drain()
        (length,) = PREFIX.unpack(await child.stdout.readexactly(PREFIX.size))
        body = await child.stdout.readexactly(length)
        return await asyncio.to_thread(unpack, body, Done)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=_BELOW_NORMAL if sys.platform == "win32" else 0,
            start_new_session=True,  # a Ctrl+C in the terminal is the engine's to handle
        )

    def _dismiss(self) -> None:
        """Let the idle child go: it ends by itself when its input closes."""
        child, self._child = self._child, None
        if child is not None and child.stdin is not None:
            child.stdin.close()

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(ProcessLookupError):
            child.kill()
        # Its end comes at once; a caller that is cancelled meanwhile must not leave it unreaped.
        await asyncio.shield(child.wait())


def _size(path: Path) -> int:
    """Bytes of a file; 0 where it is missing, of which the child tells."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


__all__ = ["TIMEOUT", "Reader"]
