"""The contract of the assistant service, on each service there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

import pytest

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.runs import FunctionCall, RunStatus
from studybuddy.engine.asking.port import Ask, Reply
from studybuddy.engine.errors import ApiError
from studybuddy.providers.assistants.link import Answerer, EngineLink, EngineSource
from studybuddy.providers.assistants.service import OpenAIAssistantService
from tests.contract.assistant_service import AssistantServiceContract
from tests.engine.engines import TOKEN
from tests.engine.runs.scripted import FakeInterpreters, Part, calls, host, says
from tests.support.run_scripts import CUT, Action, Ends, Requires, RunsCode, Says
from tests.support.scripted_assistants import ScriptedAssistants

BUILT_IN = Endpoint("built-in", "", EndpointKind.BUILT_IN)


class Script:
    """A model whose next answers can be told at any time."""

    def __init__(self) -> None:
        self.answers: list[Sequence[Part]] = []

    async def ask(self, ask: Ask) -> AsyncGenerator[str | Reply]:
        for part in self.answers.pop(0):
            if isinstance(part, Exception):
                raise part
            if isinstance(part, asyncio.Event):
                await part.wait()
            else:
                yield part


class EngineStage:
    """The service over a real engine, whose model and interpreter are scripts."""

    def __init__(
        self, service: OpenAIAssistantService, link: EngineLink, script: Script, code: list[str]
    ) -> None:
        self.service = service
        self._link = link
        self._script = script
        self._logs = code

    def says(self, text: str) -> None:
        self._script.answers.append(says(text))

    def calls(self, *wanted: tuple[str, str]) -> None:
        self._script.answers.append(calls(*wanted))

    def runs_code(self, code: str, logs: str) -> None:
        self._logs.append(logs)
        self._script.answers.append(calls(("code_interpreter", json.dumps({"code": code}))))

    def hangs(self, text: str) -> asyncio.Event:
        gate = asyncio.Event()
        rest = "and so on."
        self._script.answers.append([text, gate, rest, says(text + rest)[-1]])
        return gate

    def fails(self, sentence: str) -> None:
        self._script.answers.append([ApiError(400, sentence)])

    async def lose_connections(self) -> None:
        sdk = self._link._sdk
        assert sdk is not None
        pool = sdk._client._transport._pool  # type: ignore[attr-defined]
        for connection in list(pool.connections):
            await connection._connection._network_stream.aclose()


class ScriptedStage:
    """The service that tests of the chat use."""

    def __init__(self) -> None:
        self.service = ScriptedAssistants()
        self.service.unreadable["picture.pdf"] = "There is no text in it."
        self._scripts: list[list[Action]] = []
        self._open = False
        # Read by each run when it begins, so that a test can tell the next one at any time.
        self.service._scripts = self._scripts  # type: ignore[assignment]

    def says(self, text: str) -> None:
        self._add(Says(text), last=True)

    def calls(self, *wanted: tuple[str, str]) -> None:
        made = [FunctionCall(f"call_{n}", *call) for n, call in enumerate(wanted)]
        self._add(Requires(tuple(made)))

    def runs_code(self, code: str, logs: str) -> None:
        self._add(RunsCode(code, logs))

    def hangs(self, text: str) -> asyncio.Event:
        gate = asyncio.Event()
        self._add(Says(text.strip()))
        self._add(gate)
        self._add(Says("and so on."), last=True)
        return gate

    def fails(self, sentence: str) -> None:
        self._add(Ends(RunStatus.FAILED, sentence, "server_error"), last=True)

    async def lose_connections(self) -> None:
        for run in self.service.runs:
            run._tell(CUT)
            run._listeners.clear()

    def _add(self, action: Action, *, last: bool = False) -> None:
        if not self._open:
            self._scripts.append([])
        self._scripts[-1].append(action)
        self._open = not last


class TestScripted(AssistantServiceContract):
    @pytest.fixture
    def stage(self) -> ScriptedStage:
        return ScriptedStage()


class TestOverTheEngine(AssistantServiceContract):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncIterator[EngineStage]:
        script, logs = Script(), list[str]()
        code = FakeInterpreters(answer=lambda _: logs.pop(0))
        async with host(script, data_dir=tmp_path / "engine", interpreters=code) as served:
            base_url = str(served.api.base_url).rstrip("/")

            async def engine(_own_model: bool) -> Endpoint:
                return Endpoint("built-in", base_url, EndpointKind.BUILT_IN, "", TOKEN)

            async def answerer() -> Answerer | None:
                return None

            link = EngineLink(engine)
            service = OpenAIAssistantService(BUILT_IN, EngineSource(link, answerer))
            yield EngineStage(service, link, script, logs)
            await link.close()
