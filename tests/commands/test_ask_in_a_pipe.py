"""The command as a process of its own, against a real server."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AbstractAsyncContextManager

import pytest

from studybuddy.commands import ask
from tests.support.piped_process import piped
from tests.support.scripted_server import ScriptedServer, paced_answer
from tests.support.wire import Hang, Stream, answer, chunk

_PROGRAM = """
import argparse, asyncio, sys
from studybuddy.commands import ask
from studybuddy.domain.settings import Settings
from studybuddy.providers.connector import EndpointConnector
from studybuddy.providers.endpoints import Flags, resolve

async def main():
    parser = argparse.ArgumentParser()
    ask.add_arguments(parser)
    args = parser.parse_args()
    connector = EndpointConnector(built_in=None)
    flags = Flags(base_url=args.base_url)
    try:
        return await ask.run(args, ask.AskServices(
            connector, lambda args: resolve(flags, {}, Settings()), Settings()))
    finally:
        await connector.close()

sys.exit(asyncio.run(main()))
"""


def asking(server: ScriptedServer) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    return piped(sys.executable, "-c", _PROGRAM, "--base-url", server.base_url, "Why?")


async def test_the_answer_comes_through_a_pipe() -> None:
    async with ScriptedServer(answer("Grüße 😀")) as server, asking(server) as process:
        out, err = await process.communicate()
    assert out.decode() == "Grüße 😀\n"
    assert err == b""
    assert process.returncode == ask.OK


async def test_a_reader_that_leaves_early_ends_it_quietly() -> None:
    long = paced_answer(3000, 1000.0, "end")
    async with ScriptedServer(long) as server, asking(server) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        await process.stdout.read(10)
        process.stdout._transport.close()  # type: ignore[attr-defined]
        assert await process.stderr.read() == b""
        assert await process.wait() == ask.OK


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT can't be sent to one process there")
async def test_an_interrupt_ends_it_without_a_traceback() -> None:
    stuck = Stream([chunk({"content": "Half"}), Hang()])
    async with ScriptedServer(stuck) as server, asking(server) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert await process.stdout.readexactly(4) == b"Half"
        process.send_signal(signal.SIGINT)
        assert await process.stdout.read() == b"\n"
        assert await process.stderr.read() == b""
        assert await process.wait() == ask.INTERRUPTED
        await server.requests[0].client_left.wait()
