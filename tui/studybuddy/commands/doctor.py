"""`studybuddy doctor`: what is configured, reachable and missing, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TextIO

from studybuddy.commands.checks import Check, State, as_text
from studybuddy.commands.terminal import terminal_checks
from studybuddy.domain.endpoints import BUILT_IN, Endpoint, EndpointKind, KeySource
from studybuddy.domain.ports import Connector
from studybuddy.domain.problems import Problem, StudyBuddyError

OK = 0
NO_CHAT = 1
"""A chat would not work."""

_MODELS_SHOWN = 5


def _terminal_size() -> tuple[int, int]:
    size = shutil.get_terminal_size()
    return size.columns, size.lines


@dataclass(frozen=True, slots=True)
class DoctorServices:
    """What the command looks at; the callables raise StudyBuddyError for what is not well."""

    version: str
    places: Mapping[str, str]
    """What to where, such as "Settings" to a path."""
    notices: Sequence[Problem]
    """What was wrong with the settings or the data on reading them."""
    decide: Callable[[], tuple[Endpoint | None, str]]
    """The endpoint that would be used, and why."""
    find_key: Callable[[Endpoint], tuple[str, KeySource]]
    """The key of an endpoint that has none, and where it was; may block."""
    connector: Connector
    discover: Callable[[], Awaitable[Sequence[Endpoint]]]
    """Servers that run on this machine."""
    runtime: Callable[[], str]
    """What the built-in model runs on, such as a package and its version."""
    weights: Callable[[], str]
    """Which weights the built-in model has, and where."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    terminal_size: Callable[[], tuple[int, int]] = _terminal_size
    """Columns and rows."""
    stdout: TextIO = field(default_factory=lambda: sys.stdout)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


async def run(services: DoctorServices, *, as_json: bool = False) -> int:
    """Check everything, print the list, and return OK where a chat would work."""
    checks = _program(services)
    endpoint, decided = _decided(services)
    checks.append(decided)
    parts = _built_in(services)
    answers = [decided]
    if endpoint is not None:
        if endpoint.kind is EndpointKind.BUILT_IN:
            answers += parts
        if all(check.state is not State.FAIL for check in answers):
            reached = await _reached(endpoint, services)
            checks += reached
            answers += reached
    checks.append(await _servers(services))
    if endpoint is None or endpoint.kind is not EndpointKind.BUILT_IN:
        # Another endpoint answers: the built-in model may be missing.
        parts = [
            Check(part.name, State.NOTE, part.text, part.advice)
            if part.state is State.FAIL
            else part
            for part in parts
        ]
    checks += parts
    checks += terminal_checks(
        services.environ,
        is_terminal=services.stdout.isatty(),
        size=services.terminal_size(),
        encoding=services.stdout.encoding or "",
    )
    works = all(check.state is not State.FAIL for check in answers)
    _print(checks, services, works=works, as_json=as_json)
    return OK if works else NO_CHAT


def _print(
    checks: Sequence[Check], services: DoctorServices, *, works: bool, as_json: bool
) -> None:
    if as_json:
        found = {
            "version": services.version,
            "works": works,
            "checks": [asdict(check) for check in checks],
        }
        text = json.dumps(found, indent=2)
    else:
        ending = "A chat works." if works else "A chat would not work: see the lines marked FAIL."
        text = f"{as_text(checks)}\n\n{ending}"
    encoding = services.stdout.encoding or "utf-8"
    services.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    services.stdout.flush()


def _program(services: DoctorServices) -> list[Check]:
    python = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    checks = [
        Check("StudyBuddy", State.OK, services.version),
        Check("Python", State.OK, python),
        *(Check(name, State.OK, place) for name, place in services.places.items()),
    ]
    checks += (Check.failed("Files", problem, State.NOTE) for problem in services.notices)
    return checks


def _decided(services: DoctorServices) -> tuple[Endpoint | None, Check]:
    try:
        endpoint, reason = services.decide()
    except StudyBuddyError as error:
        return None, Check.failed("Endpoint", error.problem)
    if endpoint is None:
        return None, Check(
            "Endpoint",
            State.FAIL,
            f"none: {reason}.",
            "Run “studybuddy” to choose one, or set OPENAI_API_KEY or OPENAI_BASE_URL.",
        )
    where = f" at {endpoint.base_url}" if endpoint.base_url else ""
    model = f", model {endpoint.model}" if endpoint.model else ""
    return endpoint, Check("Endpoint", State.OK, f"{endpoint.name}{where}{model} ({reason})")


async def _reached(endpoint: Endpoint, services: DoctorServices) -> list[Check]:
    """Its key, and the list of its models with the time that took."""
    checks: list[Check] = []
    if endpoint.kind is not EndpointKind.BUILT_IN:
        source = endpoint.key_source
        if not endpoint.key:
            _, source = await asyncio.to_thread(services.find_key, endpoint)
        checks.append(_key(endpoint, source))
    try:
        provider = await services.connector.connect(endpoint)
        began = time.perf_counter()
        models = [model.id for model in await provider.models()]
        took = time.perf_counter() - began
    except StudyBuddyError as error:
        return [*checks, Check.failed("Connection", error.problem)]
    checks.append(Check("Connection", State.OK, f"answers in {took * 1000:.0f} ms"))
    if not models:
        return [
            *checks,
            Check("Models", State.FAIL, "none are listed.", "Load a model in the server first."),
        ]
    shown = ", ".join(models[:_MODELS_SHOWN])
    more = f" and {len(models) - _MODELS_SHOWN} more" if len(models) > _MODELS_SHOWN else ""
    checks.append(Check("Models", State.OK, f"{shown}{more}"))
    wanted = provider.endpoint.model
    if wanted and wanted not in models:
        checks.append(
            Check(
                "Model",
                State.NOTE,
                f"{wanted} is not in the list.",
                "If it does not answer, choose another with --model or in the app.",
            )
        )
    return checks


def _key(endpoint: Endpoint, source: KeySource) -> Check:
    where = {
        KeySource.ENVIRONMENT: "found in the environment",
        KeySource.KEYCHAIN: "found in the keychain",
        KeySource.FILE: "found in the key file",
        KeySource.GIVEN: "made for this run",
    }.get(source)
    if where is not None:
        return Check("Key", State.OK, where)
    if endpoint.kind is EndpointKind.OPENAI:
        return Check(
            "Key",
            State.FAIL,
            "none was found.",
            "Set OPENAI_API_KEY, or paste a key in the app's setup screen.",
        )
    return Check("Key", State.OK, "none, which most local servers don't need")


async def _servers(services: DoctorServices) -> Check:
    found = await services.discover()
    if not found:
        return Check("Local servers", State.OK, "none are running on the usual ports")
    return Check(
        "Local servers",
        State.OK,
        "; ".join(f"{server.name} at {server.base_url}, model {server.model}" for server in found),
    )


def _built_in(services: DoctorServices) -> list[Check]:
    checks: list[Check] = []
    for name, look in (("Runtime", services.runtime), ("Weights", services.weights)):
        try:
            checks.append(Check(f"{name} ({BUILT_IN})", State.OK, look()))
        except StudyBuddyError as error:
            checks.append(Check.failed(f"{name} ({BUILT_IN})", error.problem))
    return checks
