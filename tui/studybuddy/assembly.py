"""Puts the parts together for each command: the only place, with the CLI, that sees them all."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import Endpoint, KeySource
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.providers.assistants.connector import CompanionAssistantConnector
from studybuddy.providers.connector import EndpointConnector
from studybuddy.providers.endpoints import Decision, Flags, built_in, decide
from studybuddy.storage.instances import Instance
from studybuddy.storage.keys import KeyStore
from studybuddy.storage.log import start_log
from studybuddy.storage.paths import Paths
from studybuddy.storage.settings import load_settings

if TYPE_CHECKING:
    from studybuddy.domain.ports import Connector
    from studybuddy.engine.companion import EngineCompanion
    from studybuddy.ui.app import StudyBuddyApp


class Parts:
    """The edges of one run of the program. Making them is cheap; they begin to work on use.

    Raises:
        StudyBuddyError: where the folders can't be made.
    """

    def __init__(self, args: argparse.Namespace, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.paths = Paths.from_environment(environ)
        self.paths.create()
        self.settings, problem = load_settings(self.paths.settings_file)
        self.notices: list[Problem] = [problem] if problem else []
        self.log = start_log(self.paths, self.settings, environ)
        for variable in ("OPENAI_API_KEY", *(e.key_env for e in self.settings.endpoints.values())):
            self.log.register_secret(environ.get(variable, ""))
        self.keys = KeyStore(self.paths.keys_file, on_key=self.log.register_secret)
        self.instance = Instance(self.paths.instances_dir)
        model_file = getattr(args, "model_file", None)
        self.model_file = Path(model_file) if model_file else None
        self._companion: EngineCompanion | None = None
        self.connector = EndpointConnector(built_in=self._start_built_in, find_key=self.find_key)
        self.assistants = CompanionAssistantConnector(self.connector, self._start_engine)
        self.flags = Flags(base_url=getattr(args, "base_url", "") or "", model=args.model or "")

    def decide(self) -> Decision:
        """The endpoint that this start is to use, and why.

        Raises:
            StudyBuddyError: where a flag or a setting is no good.
        """
        if self.model_file is not None and not self.flags.base_url:
            from studybuddy.engine.weights import check_gguf

            check_gguf(self.model_file)
            return Decision(built_in(), "--model-file names its weights")
        return decide(self.flags, self.environ, self.settings)

    def find_key(self, endpoint: Endpoint) -> tuple[str, KeySource]:
        """The key that is kept for an endpoint; may block."""
        named = self.settings.endpoints.get(endpoint.name)
        return self.keys.find_key(endpoint.name, named.key_env if named else "", self.environ)

    async def _start_built_in(self) -> Endpoint:
        return await (await self._engine()).endpoint()

    async def _start_engine(self, own_model: bool) -> Endpoint:
        return await (await self._engine()).server(own_model=own_model)

    async def _engine(self) -> EngineCompanion:
        # The engine lives for as long as an app instance does: be one before it looks.
        await asyncio.to_thread(self.instance.register)
        if self._companion is None:
            from studybuddy.engine.companion import EngineCompanion

            self._companion = EngineCompanion(
                runtime_dir=self.paths.runtime,
                instances_dir=self.paths.instances_dir,
                models_dir=self.paths.models_dir,
                log_dir=self.paths.log,
                data_dir=self.paths.data,
                model_file=self.model_file,
            )
        return self._companion

    async def close(self) -> None:
        """Let go of everything."""
        async with AsyncExitStack() as last_first:  # each step, also where one before it fails
            last_first.callback(self.log.stop)
            last_first.callback(self.instance.release)
            if self._companion is not None:
                last_first.push_async_callback(self._companion.close)
            last_first.push_async_callback(self.connector.close)
            last_first.push_async_callback(self.assistants.close)


def assemble_app(
    args: argparse.Namespace, environ: Mapping[str, str]
) -> tuple[StudyBuddyApp, Callable[[], Awaitable[None]]]:
    """The full-screen app, and what is to be awaited after it has run.

    Raises:
        StudyBuddyError: where it can't be started as the arguments have it.
    """
    from studybuddy.chat.desk import Desk
    from studybuddy.storage.conversations import SqliteConversationStore
    from studybuddy.student_setup import StudentSetup
    from studybuddy.tokens.counter import Counter
    from studybuddy.ui.app import StudyBuddyApp
    from studybuddy.ui.services import Services

    parts = Parts(args, environ)
    try:
        decision = parts.decide()
    except StudyBuddyError as error:
        if parts.flags.base_url or parts.model_file or environ.get("OPENAI_BASE_URL"):
            raise
        # A mistake in the settings: the app opens all the same, and asks.
        parts.notices.append(error.problem)
        decision = Decision(None, "the settings name none that works")
    store = SqliteConversationStore(
        parts.paths.database_file, parts.instance, on_notice=parts.notices.append
    )
    setup = StudentSetup(parts, decision)
    services = Services(
        desk=Desk(
            store,
            parts.connector,
            Counter(),
            parts.settings.system_prompt,
            decision.endpoint,
            assistants=parts.assistants,
            runs=store.runs,
            endpoints=setup.configured,
        ),
        setup=setup,
        settings=parts.settings,
        notices=parts.notices,
        start_new=args.new,
        places=f"Settings: {parts.paths.settings_file}\nLog: {parts.paths.log_file}",
    )

    async def close() -> None:
        try:
            await store.close()
        finally:
            await parts.close()

    return StudyBuddyApp(services), close


def run_app(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Run the full-screen app."""

    async def run() -> int:
        try:
            app, close = assemble_app(args, environ)
        except StudyBuddyError as error:
            print(error.problem, file=sys.stderr)
            return 2
        try:
            await app.run_async()
        finally:
            await close()
        return app.return_code or 0

    return asyncio.run(run())


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
            connector = await last_first.enter_async_context(_metered(parts))
            services = ask.AskServices(connector, lambda _: _to_ask(parts), parts.settings)
            return await ask.run(args, services)

    return asyncio.run(run())


@asynccontextmanager
async def _metered(parts: Parts) -> AsyncIterator[Connector]:
    """The connector, leaving a record for every request; they are written by the end of it.

    Nothing is loaded or opened before the first request, and a disk that fails fails no answer.
    """
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.metered import MeteredConnector
    from studybuddy.storage.usage import SqliteUsageLog
    from studybuddy.storage.worker import DatabaseThread
    from studybuddy.tokens.counter import Counter
    from studybuddy.tokens.prices import Prices

    def tell(notice: Problem) -> None:
        print(f"studybuddy: {notice}", file=sys.stderr)

    database = DatabaseThread(parts.paths.database_file, tell)
    accounts = Accounts(SqliteUsageLog(database), Prices(parts.settings.prices), Counter())
    try:
        yield MeteredConnector(parts.connector, accounts, learns=False)
    finally:
        try:
            await accounts.close()
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
