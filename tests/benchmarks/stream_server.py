"""A Chat Completions server that streams one known answer at a known rate.

Usage: python -m tests.benchmarks.stream_server [--port N] [--rate N] [--chunks N] [--end-file F]
Prints its base URL when it listens. For each stream it adds a line to the end file, with the
times (`time.monotonic()`) just before its first and its last piece of text were written.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.answer import answer_pieces

MODEL = "scripted"


@dataclass(frozen=True, slots=True)
class Server:
    """What is streamed, and how fast."""

    pieces: list[str]
    rate: float
    """Pieces a second."""
    end_file: Path | None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                fields = dict(
                    line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
                )
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                method, path, _ = head.split(" ", 2)
                await self._answer(writer, method, path, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is gone
        finally:
            writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, path: str, body: bytes
    ) -> None:
        if method == "POST" and path.endswith("/chat/completions"):
            request = json.loads(body)
            if request.get("stream"):
                await self._stream(writer)
            else:
                message = {"role": "assistant", "content": "A short answer"}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                _send_json(writer, {**_head("chat.completion"), "choices": [choice]})
        elif path.endswith("/models"):
            model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "benchmark"}
            _send_json(writer, {"object": "list", "data": [model]})
        else:
            _send_json(writer, {"error": {"message": "There is no such page."}}, "404 Not Found")
        await writer.drain()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        start = time.monotonic()
        last = start
        for number, text in enumerate(self.pieces):
            await asyncio.sleep(start + number / self.rate - time.monotonic())
            last = time.monotonic()
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
            _send_event(writer, {**_head("chat.completion.chunk"), "choices": [choice]})
            await writer.drain()
        if self.end_file:
            with self.end_file.open("a") as file:  # before the client can be seen to end
                file.write(json.dumps({"first": start, "last": last}) + "\n")
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 20, "completion_tokens": 9000, "total_tokens": 9020}
        _send_event(writer, {**_head("chat.completion.chunk"), "choices": [end]})
        _send_event(writer, {**_head("chat.completion.chunk"), "choices": [], "usage": usage})
        _send_chunk(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")


def _head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 0, "model": MODEL}


def _send_json(writer: asyncio.StreamWriter, value: object, status: str = "200 OK") -> None:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(head.encode() + b"\r\n\r\n" + body)


def _send_event(writer: asyncio.StreamWriter, value: object) -> None:
    _send_chunk(writer, b"data: " + json.dumps(value).encode() + b"\n\n")


def _send_chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n%s\r\n" % (len(data), data))


async def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", type=float, default=150)
    parser.add_argument("--chunks", type=int, default=1500)
    parser.add_argument("--end-file", type=Path)
    options = parser.parse_args()
    server = Server(answer_pieces(options.chunks), options.rate, options.end_file)
    async with await asyncio.start_server(server.serve, "127.0.0.1", options.port) as listening:
        print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
        await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
