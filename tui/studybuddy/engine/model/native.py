"""The process in which llama.cpp runs: `python -m studybuddy.engine.model.native --model-file F`.

It writes one line of JSON to its standard output: `{"port", "key"}` when the model answers at
127.0.0.1, or `{"error"}`, a sentence. It ends when its standard input closes, so that it never
outlives the process that started it, whatever that one dies of. llama.cpp's log goes to the
standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import select
import signal
import sys
from typing import Any

CONTEXT = 8192
"""Tokens of one conversation; a model trained for less gets what it was trained for."""

_PARALLEL = 2
_PARALLEL_LIMIT = 1_000_000_000
"""Bytes of weights above which only one request is worked on at a time, to save memory."""

_BATCH = 256
"""Prompt tokens between two looks at whether the client is still there: half a second."""

_PROMPT_CACHE = 128
"""MiB of evaluated prompts that are kept for conversations which had to make room."""

_WARNINGS = 2
"""llama.cpp's verbosity."""


def main(argv: list[str] | None = None) -> int:
    """Serve a model until standard input closes."""
    _die_with_parent()
    parser = argparse.ArgumentParser(prog="python -m studybuddy.engine.model.native")
    parser.add_argument("--model-file", required=True, metavar="FILE.gguf")
    parser.add_argument("--alias", default="model")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--prompt-threads", type=int, default=1, metavar="N")
    args = parser.parse_args(argv)
    report = _take_stdout()
    try:
        from xllamacpp import Server
    except ImportError as error:
        report({"error": f"The runtime of the built-in model can't be loaded: {error}."})
        return 1
    key = secrets.token_urlsafe(32)
    try:
        server = Server(_parameters(args, key))
    except RuntimeError:
        # Its message names no cause; that is in its log.
        report({"error": f"{os.path.basename(args.model_file)} can't be loaded as a model."})
        return 1
    port = int(server.listening_address.rpartition(":")[2])
    report({"port": port, "key": key})
    while os.read(0, 1024):
        pass
    # Not through the interpreter's end, where the server's threads have been seen to hang.
    os._exit(0)


def _parameters(args: argparse.Namespace, key: str) -> Any:
    from xllamacpp import CommonParams

    parameters = CommonParams()
    parameters.model.path = args.model_file
    parameters.model_alias = {args.alias}
    parameters.use_jinja = True
    large = os.path.getsize(args.model_file) > _PARALLEL_LIMIT
    # Each slot has a context of its own. A shared one (kv_unified) takes less memory, but when
    # it is full all requests under way fail, also those that would have fitted.
    parameters.n_parallel = 1 if large else _PARALLEL
    parameters.n_ctx = CONTEXT * parameters.n_parallel
    parameters.kv_unified = False
    parameters.n_batch = _BATCH
    parameters.n_ubatch = _BATCH
    # It loads the model twice to see what fits a graphics card.
    parameters.fit_params = large
    parameters.cache_ram_mib = _PROMPT_CACHE
    parameters.cpuparams.n_threads = args.threads
    parameters.cpuparams_batch.n_threads = args.prompt_threads
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.cors_origins = ""
    parameters.ui = False
    parameters.endpoint_slots = True  # tests look there whether a request has really stopped
    parameters.verbosity = _WARNINGS
    return parameters


def _take_stdout() -> Any:
    """Keep standard output for the report alone, and send all else that is printed to stderr."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def report(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    return report


def _die_with_parent() -> None:
    """Have the kernel end this process when its standard input closes.

    Loading a model holds Python's lock for seconds, so that no thread could watch. SIGIO ends a
    process by default; it comes when the state of a descriptor in O_ASYNC mode changes. Windows
    has no such thing: there the end is noticed once the model is loaded.
    """
    if sys.platform == "win32":
        return
    import fcntl

    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGIO})
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:  # it closed before that was set
        os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main())
