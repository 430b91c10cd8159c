"""`studybuddy serve`: its arguments, and what they amount to. Slow imports wait until it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PORT = 8642
TOKEN_VARIABLE = "STUDYBUDDY_TOKEN"

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this computer that no other one can reach it by."""

OK = 0
FAILED = 1
BAD_USAGE = 2


class UsageProblem(Exception):
    """What is wrong with the arguments, in a sentence."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What `studybuddy serve` was asked to do."""

    host: str
    port: int
    token: str = field(repr=False)
    token_is_random: bool
    upstream: str = field(default="", repr=False)
    """Base URL of another server, perhaps with a password; empty for the built-in model."""
    upstream_key: str = field(default="", repr=False)
    upstream_model: str = ""
    model_file: Path | None = None
    models_dir: Path | None = None
    strict_models: bool = False
    data_dir: Path | None = None
    """Where objects and files are kept; nothing is, without one."""
    companion: bool = False
    idle_model: bool = False
    """Whether the built-in model is loaded when it is first asked, and may be missing."""
    instances_dir: Path | None = None
    ready_file: Path | None = None
    grace: float | None = None
    """Seconds without an app after which a companion ends; `None` for its own measure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Serve the built-in model, or another server's, with OpenAI's API on this computer."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (%(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        metavar="N",
        help="port to listen at, 0 for any free one (%(default)s)",
    )
    parser.add_argument(
        "--upstream", metavar="URL", help="base URL of the server whose models answer, with /v1"
    )
    parser.add_argument(
        "--model", metavar="NAME", help="model of the upstream that answers for unknown names"
    )
    parser.add_argument(
        "--upstream-key-env", metavar="VAR", help="environment variable with the upstream's key"
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help="file with the token; made where it is missing"
    )
    parser.add_argument(
        "--model-file", metavar="FILE.gguf", help="weights for the built-in model's place"
    )
    parser.add_argument(
        "--strict-models", action="store_true", help="refuse names of models that are not there"
    )
    parser.add_argument(
        "--data-dir", metavar="PATH", help="folder in which assistants, threads and files are kept"
    )
    for name in ("--instances-dir", "--ready-file", "--models-dir"):
        parser.add_argument(name, metavar="PATH", help=argparse.SUPPRESS)
    for name in ("--companion", "--idle-model"):
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--grace", type=float, metavar="SECONDS", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal, or as a companion until no app is left, and return the exit code."""
    try:
        options = read_options(args, os.environ)
    except UsageProblem as problem:
        print(f"studybuddy serve: {problem}", file=sys.stderr)
        return BAD_USAGE
    from studybuddy.engine.server import serve

    return serve(options)


def read_options(args: argparse.Namespace, environ: MutableMapping[str, str]) -> ServeOptions:
    """Arguments and environment as options; the token is taken out of the environment.

    Raises:
        UsageProblem: where they make no sense together.
    """
    if args.model and not args.upstream:
        raise UsageProblem("--model names a model of --upstream, which is missing.")
    if args.upstream_key_env and not args.upstream:
        raise UsageProblem("--upstream-key-env is for --upstream, which is missing.")
    if args.upstream and args.model_file:
        raise UsageProblem("--upstream and --model-file exclude each other.")
    if args.upstream and not args.upstream.startswith(("http://", "https://")):
        raise UsageProblem("--upstream must begin with http:// or https://.")
    if args.companion and not (args.instances_dir and args.ready_file):
        raise UsageProblem("--companion needs --instances-dir and --ready-file.")
    key = ""
    if args.upstream_key_env:
        key = environ.get(args.upstream_key_env, "").strip()
        if not key:
            raise UsageProblem(f"The environment variable {args.upstream_key_env} is empty.")
    token, is_random = _token(args, environ)
    return ServeOptions(
        host=args.host,
        port=args.port,
        token=token,
        token_is_random=is_random,
        upstream=(args.upstream or "").rstrip("/"),
        upstream_key=key,
        upstream_model=args.model or "",
        model_file=_path(args.model_file),
        models_dir=_path(args.models_dir),
        strict_models=args.strict_models,
        data_dir=_path(args.data_dir),
        companion=args.companion,
        idle_model=args.idle_model,
        instances_dir=_path(args.instances_dir),
        ready_file=_path(args.ready_file),
        grace=args.grace,
    )


def _token(args: argparse.Namespace, environ: MutableMapping[str, str]) -> tuple[str, bool]:
    """The token, and whether it was made up just now."""
    from studybuddy.engine.private_files import checked_token, new_token, token_from_file

    given = environ.pop(TOKEN_VARIABLE, "").strip()  # child processes need not know it
    try:
        if args.token_file:
            return token_from_file(Path(args.token_file).expanduser()), False
        if given and not args.companion:
            return checked_token(given, f"the token in {TOKEN_VARIABLE}"), False
    except ValueError as error:
        raise UsageProblem(str(error)) from error
    except OSError as error:
        raise UsageProblem(f"{args.token_file} can't be used: {error.strerror}.") from error
    return new_token(), True


def _path(given: str | None) -> Path | None:
    return Path(os.path.abspath(Path(given).expanduser())) if given else None


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a number from 0 to 65535")
    return port
