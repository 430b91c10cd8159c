"""A real HTTP server on loopback that speaks Chat Completions from a script.

In a test: `async with ScriptedServer(answer("Hi")) as server: … server.base_url …`.
For measurements, as a process of its own that streams a long Markdown text at an even rate:
`python -m tests.support.scripted_server --rate 150 --chunks 1500`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.long_text import markdown
from tests.support.wire import (
    DONE,
    MODEL,
    USAGE,
    Answer,
    Cut,
    Drop,
    Event,
    Hang,
    Pause,
    Raw,
    Reply,
    Step,
    Stream,
    Wait,
    chunk,
    model_list,
    text_steps,
)


@dataclass(slots=True)
class Received:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes
    client_left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client closed the connection while the answer was under way."""

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class ScriptedServer:
    """Gives each chat request the next answer of a script; the last one serves all later ones."""

    def __init__(
        self,
        *script: Answer | Callable[[Received], Answer],
        models: Answer | None = None,
        others: Mapping[str, Answer] | None = None,
        posts: Mapping[str, Answer | Callable[[Received], Answer]] | None = None,
        path: str = "/v1",
        port: int = 0,
        on_last_step: Path | None = None,
    ) -> None:
        """Prepare it.

        Args:
            script: answers for `POST {path}/chat/completions`, in order, or what makes them.
            models: the answer to `GET {path}/models`; by default one model.
            others: answers to `GET` of other paths.
            posts: answers to `POST` to other paths, or what makes them.
            path: what precedes the resources' names.
            port: 0 for a free one.
            on_last_step: a file that gets a line with `time.monotonic()` (on Linux that is
                CLOCK_MONOTONIC, in seconds) when the last word of a stream has been written.
        """
        self._script = list(script)
        self._models = models or model_list(MODEL)
        self.other_answers = dict(others or {})
        self.posts = dict(posts or {})
        self._path = path
        self._port = port
        self._on_last_step = on_last_step
        self._server: asyncio.Server | None = None
        self.connections: set[asyncio.Task[None]] = set()
        """One task for each connection that is open."""
        self.accepted = 0
        """How many connections there have been."""
        self.requests: list[Received] = []
        """The chat requests, oldest first."""
        self.others: list[Received] = []
        """All other requests, oldest first."""
        self.arrived = asyncio.Event()
        """Set when a chat request has come in."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        """What a client is given as the base URL."""
        return f"http://127.0.0.1:{self.port}{self._path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self.connections:
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        self.accepted += 1
        try:
            while (request := await _read_request(reader)) is not None:
                if not await self._serve(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client is gone, or the test is over
        finally:
            self.connections.discard(task)
            writer.close()

    def _answer_to(self, request: Received) -> Answer:
        if request.path == f"{self._path}/chat/completions" and request.method == "POST":
            self.requests.append(request)
            self.arrived.set()
            found = self._script[min(len(self.requests), len(self._script)) - 1]
            return found(request) if callable(found) else found
        self.others.append(request)
        if request.path == f"{self._path}/models" and request.method == "GET":
            return self._models
        if request.method == "POST" and (post := self.posts.get(request.path)) is not None:
            return post(request) if callable(post) else post
        other = self.other_answers.get(request.path.partition("?")[0])
        if other is not None and request.method == "GET":
            return other
        return Reply({"detail": "Not Found"}, 404)

    async def _serve(
        self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer, and return whether the connection can be used again."""
        match self._answer_to(request):
            case Drop():
                return False
            case Reply() as reply:
                body, content_type = reply.encoded()
                headers = {
                    "content-type": content_type,
                    "content-length": str(len(body)),
                    **reply.headers,
                }
                writer.write(_head(reply.status, headers) + body)
                await writer.drain()
                return True
            case Stream() as stream:
                headers = {**stream.headers, "transfer-encoding": "chunked"}
                writer.write(_head(stream.status, headers))
                watch = asyncio.create_task(_watch(reader, request.client_left))
                try:
                    whole = await self._send(stream, request, writer)
                finally:
                    watch.cancel()
                    await asyncio.wait({watch})
                return whole

    async def _send(self, stream: Stream, request: Received, writer: asyncio.StreamWriter) -> bool:
        steps = [_prepared(step) for step in stream.steps]
        last_word = _last_word(stream.steps) if self._on_last_step else None
        began = time.monotonic()
        for number, step in enumerate(steps):
            if stream.rate is not None:
                early = began + number / stream.rate - time.monotonic()
                if early > 0:
                    await asyncio.sleep(early)
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                if stream.rate is None:
                    await asyncio.sleep(0)
            elif not await _act(step, request, writer):
                return False
            if self._on_last_step is not None and number == last_word:
                with self._on_last_step.open("a") as file:
                    file.write(f"{time.monotonic()!r}\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return not request.client_left.is_set()


async def _act(
    step: Wait | Pause | Cut | Hang, request: Received, writer: asyncio.StreamWriter
) -> bool:
    """Do a step that sends nothing, and return whether the stream goes on."""
    await writer.drain()
    match step:
        case Wait(gate):
            await gate.wait()
            return True
        case Pause(seconds):
            await asyncio.sleep(seconds)
            return True
        case Hang():
            await request.client_left.wait()
            return False
        case Cut():
            return False


def _prepared(step: Step) -> bytes | Wait | Pause | Cut | Hang:
    if not isinstance(step, Event | Raw):
        return step
    data = step.encoded() if isinstance(step, Event) else step.data
    return b"%x\r\n%b\r\n" % (len(data), data)


def _last_word(steps: Sequence[Step]) -> int | None:
    """Index of the last step with text in it."""
    for number in reversed(range(len(steps))):
        step = steps[number]
        if isinstance(step, Event) and b'"content": "' in step.encoded():
            return number
    return None


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Scripted\r\n{lines}\r\n".encode()


async def _read_request(reader: asyncio.StreamReader) -> Received | None:
    """The next request on a connection; `None` where the client closed it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, path, headers, body)


async def _watch(reader: asyncio.StreamReader, left: asyncio.Event) -> None:
    """Notice that the client hung up; a client that waits for an answer says nothing else."""
    with contextlib.suppress(ConnectionError):
        await reader.read(1)
    left.set()


def paced_answer(chunks: int, rate: float, ending: str) -> Stream:
    """A long Markdown answer of so many chunks, at an even rate a second, that ends in `ending`."""
    steps: list[Step] = []
    for event in text_steps(markdown(chunks * 8)):
        steps.append(event)
        if len(steps) == chunks - 1:
            break
    steps += [chunk({"content": ending}), chunk({}, "stop"), chunk(usage=USAGE), DONE]
    return Stream(steps, rate=rate)


async def _serve_for_ever(arguments: argparse.Namespace) -> None:
    server = ScriptedServer(
        paced_answer(arguments.chunks, arguments.rate, arguments.ending),
        port=arguments.port,
        on_last_step=arguments.end_file,
    )
    async with server:
        print(json.dumps({"port": server.port, "base_url": server.base_url}), flush=True)
        await asyncio.Event().wait()


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until killed; the first line of standard output is a JSON object with the port."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rate", type=float, default=150.0, help="chunks a second")
    parser.add_argument("--chunks", type=int, default=1500, help="chunks of text in an answer")
    parser.add_argument("--port", type=int, default=0, help="0 means a free one")
    parser.add_argument("--ending", default="\n\nEND-OF-ANSWER\n", help="text of the last chunk")
    parser.add_argument(
        "--end-file",
        type=Path,
        help="file that gets a line with the monotonic time of each answer's last chunk",
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_for_ever(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
