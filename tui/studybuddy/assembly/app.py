"""The full-screen app, put together."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from studybuddy.assembly.limits import make_limits
from studybuddy.assembly.parts import Parts
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.providers.endpoints import Decision

if TYPE_CHECKING:
    from studybuddy.domain.prompts import Persona, Template
    from studybuddy.storage.archive import FileArchive
    from studybuddy.storage.search import SqliteSearch
    from studybuddy.ui.app import StudyBuddyApp


def assemble_app(
    args: argparse.Namespace, environ: Mapping[str, str]
) -> tuple[StudyBuddyApp, Callable[[], Awaitable[None]]]:
    """The full-screen app, and what is to be awaited after it has run.

    Raises:
        StudyBuddyError: where it can't be started as the arguments have it.
    """
    from studybuddy.chat.desk import Desk
    from studybuddy.storage.conversations import SqliteConversationStore
    from studybuddy.storage.library import FileLibrary
    from studybuddy.student_setup import StudentSetup
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

    def search() -> SqliteSearch:
        from studybuddy.storage.search import SqliteSearch

        return SqliteSearch(store.database)

    def archive() -> FileArchive:
        from studybuddy.storage.archive import FileArchive  # not before the first frame

        return FileArchive(store)

    limits, connector = make_limits(parts, store.database)
    services = Services(
        desk=Desk(
            store,
            connector,
            parts.settings.system_prompt,
            decision.endpoint,
            limits=limits,
            assistants=parts.assistants,
            runs=store.runs,
            endpoints=setup.configured,
        ),
        setup=setup,
        settings=parts.settings,
        notices=parts.notices,
        start_new=args.new,
        library=FileLibrary(parts.paths.config, _built_in),
        archive=archive,
        search=search,
        private=(parts.paths.config, parts.paths.data, parts.paths.runtime),
        places=f"Settings: {parts.paths.settings_file}\nLog: {parts.paths.log_file}",
    )

    async def close() -> None:
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(parts.close)
            last_first.push_async_callback(store.close)
            last_first.push_async_callback(limits.close)

    return StudyBuddyApp(services), close


def _built_in() -> tuple[Sequence[Persona], Sequence[Template]]:
    """The personas and templates of the app; read when they are first asked for."""
    from studybuddy.study.built_in import built_in

    return built_in()


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
        settings = app.services.settings
        if settings.goodbye and not app.return_code and not app.is_web:
            from studybuddy.chat.goodbye import goodbye

            print(goodbye(settings.name, app.services.desk.used))
        return app.return_code or 0

    return asyncio.run(run())
