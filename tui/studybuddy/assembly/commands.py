"""The commands beside the app, each put together."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from studybuddy.assembly.parts import Parts
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.providers.endpoints import Flags, built_in, decide
from studybuddy.storage.paths import Paths
from studybuddy.storage.settings import load_settings

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits
    from studybuddy.domain.ports import Connector


def run_ask(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Ask one question; the built-in model answers where nothing else is set up."""
    from studybuddy.commands import ask

    try:
        parts = Parts(args, environ)
    except StudyBuddyError as error:
        print(error.problem, file=sys.stderr)
        return ask.BAD_INPUT

    async def run() -> int:
        for notice in parts.notices:
            print(f"studybuddy: {notice}", file=sys.stderr)
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(parts.close)
            limits, connector = await last_first.enter_async_context(
                _limited(parts, budgets=not args.over_budget)
            )
            services = ask.AskServices(
                connector, lambda _: _to_ask(parts), parts.settings, limits=limits
            )
            return await ask.run(args, services)

    return asyncio.run(run())


@asynccontextmanager
async def _limited(parts: Parts, *, budgets: bool) -> AsyncIterator[tuple[Limits, Connector]]:
    """What holds for a question, and the connector, which leaves a record of every request.

    The records are written by the end of it. Nothing is loaded or opened before the first request,
    and a disk that fails fails no answer.
    """
    from studybuddy.assembly.limits import make_limits
    from studybuddy.storage.worker import DatabaseThread

    def tell(notice: Problem) -> None:
        print(f"studybuddy: {notice}", file=sys.stderr)

    database = DatabaseThread(parts.paths.database_file, tell)
    limits, connector = make_limits(parts, database, learns=False, budgets=budgets)
    try:
        yield limits, connector
    finally:
        try:
            await limits.close()
        finally:
            await database.close()


def _to_ask(parts: Parts) -> Endpoint | None:
    """The endpoint that is set up, else the built-in one where its parts are there."""
    from studybuddy.engine.weights import check_runtime, find_weights

    if (endpoint := parts.decide().endpoint) is not None:
        return endpoint
    try:
        check_runtime()
        find_weights(None, parts.paths.models_dir)
    except StudyBuddyError:
        return None
    return built_in()


def run_tokens(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Count tokens, for the model that is set up; nothing is asked or written."""
    from studybuddy.commands import tokens
    from studybuddy.providers.models import DEFAULT_OPENAI_MODEL
    from studybuddy.tokens.counter import Counter

    settings, problem = load_settings(Paths.from_environment(environ).settings_file)
    if problem:
        print(f"studybuddy: {problem}", file=sys.stderr)
    model = args.model or ""
    if not model:
        try:
            endpoint = decide(Flags(base_url=args.base_url or ""), environ, settings).endpoint
        except StudyBuddyError:
            endpoint = None  # an address that is no good does not matter for counting
        model = endpoint.model if endpoint else settings.model
    services = tokens.TokensServices(Counter(), model or DEFAULT_OPENAI_MODEL)
    return tokens.run(args, services)


def run_usage(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Show what was used; nothing is made or written."""
    from studybuddy.commands import usage
    from studybuddy.storage.usage_reader import UsageReader

    reader = UsageReader(Paths.from_environment(environ).database_file)
    return usage.run(args, usage.UsageServices(reader))


def run_transfer(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Write conversations to files, or read some in."""
    from studybuddy.chat.shelf import ConversationShelf
    from studybuddy.commands import transfer
    from studybuddy.storage.archive import FileArchive
    from studybuddy.storage.conversations import SqliteConversationStore
    from studybuddy.storage.instances import Instance

    def tell(notice: Problem) -> None:
        print(f"studybuddy: {notice}", file=sys.stderr)

    async def run() -> int:
        paths = Paths.from_environment(environ)
        instance = Instance(paths.instances_dir)
        try:
            paths.create()
            store = SqliteConversationStore(paths.database_file, instance, on_notice=tell)
        except StudyBuddyError as error:
            print(error.problem, file=sys.stderr)
            return transfer.FAILED
        try:
            services = transfer.TransferServices(FileArchive(store), ConversationShelf(store).all)
            does = transfer.export if args.command == "export" else transfer.import_
            return await does(args, services)
        finally:
            await store.close()
            instance.release()

    return asyncio.run(run())


def run_doctor(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Check what is set up and reachable."""
    from studybuddy import __version__
    from studybuddy.commands import doctor
    from studybuddy.engine.weights import describe_runtime, describe_weights
    from studybuddy.providers.discovery import discover

    try:
        parts = Parts(args, environ)
    except StudyBuddyError as error:
        print(error.problem, file=sys.stderr)
        return 2

    def decided() -> tuple[Endpoint | None, str]:
        decision = parts.decide()
        return decision.endpoint or built_in(), decision.reason

    async def run() -> int:
        services = doctor.DoctorServices(
            version=__version__,
            places={
                "Settings": str(parts.paths.settings_file),
                "Data": str(parts.paths.data),
                "Log": str(parts.paths.log_file),
            },
            notices=parts.notices,
            decide=decided,
            find_key=parts.find_key,
            connector=parts.connector,
            discover=discover,
            runtime=describe_runtime,
            weights=lambda: describe_weights(parts.model_file, parts.paths.models_dir),
            environ=environ,
        )
        try:
            return await doctor.run(services, as_json=args.json)
        finally:
            await parts.close()

    return asyncio.run(run())
