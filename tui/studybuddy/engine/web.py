"""The web server around the engine's application."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import uvicorn

from studybuddy.engine.app import create_app
from studybuddy.engine.context import EngineContext
from studybuddy.engine.serve import LOOPBACK_NAMES, ServeOptions

_LAST_WORDS = 2  # seconds that answers under way have to end after they were told to
_KEEP_ALIVE = 65  # seconds; longer than clients keep an idle connection, so that they close it


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handling, which would raise the signal again."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: whoever runs it looks after them."""
        yield


def make_server(options: ServeOptions, context: EngineContext) -> uvicorn.Server:
    """A server to be given a socket that listens; it ends when its `should_exit` is set."""
    hosts = LOOPBACK_NAMES if options.host in LOOPBACK_NAMES else ()
    return _Server(
        uvicorn.Config(
            create_app(context, options.token, hosts),
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_LAST_WORDS,
        )
    )
