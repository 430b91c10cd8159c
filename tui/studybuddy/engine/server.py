"""Runs the engine: socket, signals, start message, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studybuddy import __version__
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.engine.assembly import BuiltIn, make_built_in
from studybuddy.engine.lifetime import GRACE, until_no_app_lives, watch_stdin
from studybuddy.engine.logs import start_log
from studybuddy.engine.private_files import EngineFile, remove_engine_file, write_engine_file
from studybuddy.engine.serve import FAILED, LOOPBACK_NAMES, OK, ServeOptions
from studybuddy.engine.sockets import listen, socket_problem
from studybuddy.engine.store.folder import DataFolder
from studybuddy.engine.upstream.addresses import shown_address

if TYPE_CHECKING:
    from studybuddy.engine.context import EngineContext

log = logging.getLogger(__name__)

_WILDCARDS = ("0.0.0.0", "::", "")


def serve(options: ServeOptions) -> int:
    """Serve, and return the exit code."""
    start_log(in_file=options.companion)
    try:
        with contextlib.closing(listen(options.host, options.port)) as listener:
            return asyncio.run(_serve(options, make_built_in(options), listener))
    except StudyBuddyError as error:
        print(f"studybuddy serve: {error.problem}", file=sys.stderr)
    except OSError as error:
        print(
            f"studybuddy serve: {socket_problem(error, options.host, options.port)}",
            file=sys.stderr,
        )
    return FAILED


async def _serve(options: ServeOptions, built_in: BuiltIn | None, listener: socket.socket) -> int:
    async with contextlib.AsyncExitStack() as last_first:
        if built_in is not None:
            # The model is loaded while this process is still importing its web server.
            built_in.process.start()
            last_first.push_async_callback(built_in.process.close)
            await asyncio.sleep(0)
        await last_first.enter_async_context(DataFolder(options.data_dir).held())
        return await _serve_held(options, built_in, listener)


async def _serve_held(
    options: ServeOptions, built_in: BuiltIn | None, listener: socket.socket
) -> int:
    from studybuddy.engine.assembly import make_context
    from studybuddy.engine.web import make_server

    context = make_context(options, built_in)
    await context.store.open()  # so that what is wrong with it is told before all else
    server = make_server(options, context)

    def end() -> None:
        context.closing.set()
        server.should_exit = True

    port = int(listener.getsockname()[1])
    with _signals(end):
        async with _announced(options, port), _watched(options, end, context):
            await server.serve(sockets=[listener])
    if not options.companion:
        print("The engine has stopped.", file=sys.stderr)
    return OK if server.started else FAILED


@contextlib.asynccontextmanager
async def _announced(options: ServeOptions, port: int) -> AsyncIterator[None]:
    """Tell where the engine listens, on the terminal and in the ready file.

    The socket listens already: a request that comes before the application runs waits.
    """
    if options.ready_file is not None:
        content = EngineFile(os.getpid(), port, options.token, __version__)
        write_engine_file(options.ready_file, content)
    if not options.companion:
        _say_where(options, port)
    try:
        yield
    finally:
        if options.ready_file is not None:
            remove_engine_file(options.ready_file, os.getpid())


@contextlib.asynccontextmanager
async def _watched(
    options: ServeOptions, end: Callable[[], None], context: EngineContext
) -> AsyncIterator[None]:
    """As a companion, end when no app is left, no run is at work, and the notes are read."""
    if not options.companion or options.instances_dir is None:
        yield
        return
    starter_gone = asyncio.Event()
    watch_stdin(starter_gone)
    instances_dir: Path = options.instances_dir

    async def watch() -> None:
        await until_no_app_lives(
            instances_dir,
            starter_gone,
            busy=context.runs.busy,
            finishing=context.ingestion.busy,
            grace=GRACE if options.grace is None else options.grace,
        )
        log.info("no app is left: the engine ends")
        end()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@contextlib.contextmanager
def _signals(end: Callable[[], None]) -> Iterator[None]:
    """End in order at the first signal; a second one takes its usual course."""
    loop = asyncio.get_running_loop()
    wanted = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        wanted.append(signal.SIGHUP)

    def handle(number: int) -> None:
        signal.signal(number, signal.SIG_DFL)
        end()

    before = {number: signal.getsignal(number) for number in wanted}
    for number in wanted:
        signal.signal(number, lambda n, _: loop.call_soon_threadsafe(handle, n))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_where(options: ServeOptions, port: int) -> None:
    name = "127.0.0.1" if options.host in _WILDCARDS else options.host
    base_url = f"http://{f'[{name}]' if ':' in name else name}:{port}/v1"
    served = shown_address(options.upstream) or "the built-in model"
    lines = [f"StudyBuddy's engine serves {served} at {base_url}"]
    if options.host not in LOOPBACK_NAMES:
        lines.append(
            "Warning: other computers can reach it, and what they send is not encrypted. "
            "Anyone with the token can use it."
        )
    key = "$TOKEN"
    if options.token_is_random:
        lines += [f"Token (a new one at each start; --token-file keeps one): {options.token}"]
        key = options.token
    lines += [
        "Try it:",
        f"  curl {base_url}/chat/completions -H 'Authorization: Bearer {key}' \\",
        "    -H 'Content-Type: application/json' \\",
        """    -d '{"messages": [{"role": "user", "content": "What is photosynthesis?"}]}'""",
        "Press Ctrl+C to stop it.",
    ]
    print("\n".join(lines), file=sys.stderr, flush=True)
