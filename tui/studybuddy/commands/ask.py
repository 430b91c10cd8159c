"""`studybuddy ask`: one question, its answer on standard output."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from studybuddy.commands.ask_limits import Admitted, Refused, admit
from studybuddy.commands.output import Output
from studybuddy.commands.question import Unusable, compose
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import ReasoningDelta, StatusChanged, TextDelta, UsageReported
from studybuddy.domain.phases import Phase
from studybuddy.domain.ports import CompletionFinished, Connector
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.retry import retry_delay
from studybuddy.domain.settings import Settings

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits

OK = 0
FAILED = 1
"""The endpoint did not give an answer."""
BAD_INPUT = 2
"""The question, a file or an argument is no good."""
NOT_CONFIGURED = 3
LIMITED = 4
"""A budget, or another limit, stands against it."""
INTERRUPTED = 130

_EXIT_CODES = (
    "Exit codes: 0 answered; 1 the endpoint gave no answer; 2 the question, a file or an argument "
    "is no good; 3 no endpoint is configured; 4 a budget or another limit; 130 interrupted."
)

_NOT_CONFIGURED = Problem(
    ProblemKind.SETTINGS,
    "No model is set up yet.",
    "Set OPENAI_API_KEY or OPENAI_BASE_URL, name a server with --base-url, or run “studybuddy”"
    " once to choose.",
)


@dataclass(frozen=True, slots=True)
class AskServices:
    """What the command works with."""

    connector: Connector
    resolve: Callable[[argparse.Namespace], Endpoint | None]
    """The endpoint for the arguments; `None` where nothing is configured.

    Raises StudyBuddyError where an argument or a setting is no good."""
    settings: Settings
    limits: Limits | None = None
    """What holds before and while it is answered; nothing does without."""
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments; those the program shares keep what came before `ask`."""
    parser.epilog = _EXIT_CODES
    parser.add_argument("question", nargs="*", help="the question; - reads it from standard input")
    parser.add_argument(
        "-f",
        "--file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="add a text file to the question; can be given more than once",
    )
    parser.add_argument("--system", metavar="TEXT", help="system prompt, in place of the usual one")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.add_argument("--over-budget", action="store_true", help="lift the budgets that are set")
    shared: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--model", metavar="NAME", help="model to ask", **shared)
    parser.add_argument(
        "--model-file",
        metavar="FILE.gguf",
        help="weights for the built-in model's place",
        **shared,
    )
    parser.add_argument(
        "--base-url", metavar="URL", help="address of a model server, with /v1", **shared
    )


async def run(args: argparse.Namespace, services: AskServices) -> int:
    """Ask, print, and return the exit code.

    Cancelling it, which is how Ctrl+C arrives under `asyncio.run`, ends it with INTERRUPTED.
    """
    output = Output(services.stdout, services.stderr, as_json=args.json)
    try:
        return await _run(args, services, output)
    except BrokenPipeError:
        return OK  # the reader has seen enough
    except OSError as error:
        print(
            f"studybuddy: the answer can't be written: {error.strerror or error}.",
            file=services.stderr,
        )
        return BAD_INPUT
    except asyncio.CancelledError:
        output.interrupted()
        return INTERRUPTED


async def _run(args: argparse.Namespace, services: AskServices, output: Output) -> int:
    try:
        question = compose(args.question, args.file, services.stdin)
        endpoint = services.resolve(args)
    except Unusable as error:
        output.failed(Problem(ProblemKind.BAD_REQUEST, str(error)))
        return BAD_INPUT
    except StudyBuddyError as error:
        output.failed(error.problem)
        return BAD_INPUT
    if endpoint is None:
        output.failed(_NOT_CONFIGURED)
        return NOT_CONFIGURED
    output.endpoint = endpoint
    system = services.settings.system_prompt if args.system is None else args.system
    try:
        admitted = await admit(
            system, question, endpoint, services.settings, services.limits, partial(_show, output)
        )
        await _ask(admitted, endpoint, services, output)
    except Refused as error:
        output.failed(error.problem)
        return LIMITED
    except StudyBuddyError as error:
        output.failed(error.problem)
        return FAILED
    if output.stopped:
        output.failed(Problem(ProblemKind.BAD_REQUEST, output.stopped))
        return LIMITED
    output.finished()
    return OK


async def _ask(
    admitted: Admitted, endpoint: Endpoint, services: AskServices, output: Output
) -> None:
    """Ask until it works or is given up; an answer that has begun is not asked for again."""
    attempts = 0
    while True:
        attempts += 1
        try:
            return await _attempt(admitted, endpoint, services.connector, output)
        except StudyBuddyError as error:
            delay = retry_delay(error.problem, attempts, services.jitter())
            if delay is None or output.text:
                raise
            output.status(f"{error.problem.sentence} Trying again in {delay:.0f} s…")
            await services.sleep(delay)


async def _attempt(
    admitted: Admitted, endpoint: Endpoint, connector: Connector, output: Output
) -> None:
    output.status("Starting…")
    provider = await connector.connect(endpoint)
    output.endpoint = provider.endpoint
    output.status("Thinking…")
    async with aclosing(provider.stream(admitted.request)) as events:
        async for event in events:
            match event:
                case TextDelta(text):
                    output.write(text)
                    if stopped := _over(admitted, text):
                        output.stopped = stopped
                        return
                case ReasoningDelta(text):
                    if stopped := _over(admitted, text):
                        output.stopped = stopped
                        return
                case UsageReported(usage):
                    output.usage = usage
                case CompletionFinished(finish_reason, model):
                    output.finish_reason, output.model = finish_reason, model
                case StatusChanged():
                    _show(output, event)


def _over(admitted: Admitted, text: str) -> str:
    """Take more of the answer; a sentence where that is more than a budget has."""
    if (watch := admitted.watch) is None:
        return ""
    watch.wrote(text)
    return "" if watch.over is None else f"The answer was stopped: {watch.over}"


def _show(output: Output, event: StatusChanged) -> None:
    match event:
        case StatusChanged(Phase.STARTING, detail):
            output.status(detail or "Starting…")
        case StatusChanged(Phase.THINKING, detail) if detail:
            output.status(f"{detail[0].upper()}{detail[1:]}…")
