"""The edges of one run of the program, put together for whichever command it is."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import Endpoint, KeySource
from studybuddy.domain.problems import Problem
from studybuddy.providers.assistants.connector import CompanionAssistantConnector
from studybuddy.providers.connector import EndpointConnector
from studybuddy.providers.endpoints import Decision, Flags, built_in, decide
from studybuddy.storage.instances import Instance
from studybuddy.storage.keys import KeyStore
from studybuddy.storage.log import start_log
from studybuddy.storage.paths import Paths
from studybuddy.storage.settings import load_settings

if TYPE_CHECKING:
    from studybuddy.engine.companion import EngineCompanion


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
