"""The limit of tokens that a run is made with, on the wire."""

from __future__ import annotations

import pytest

from studybuddy.domain.assistant_ports import RunRequest
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.runs import RunStatus
from studybuddy.domain.usage import Usage
from studybuddy.providers.assistants.service import OpenAIAssistantService
from studybuddy.providers.assistants.source import Client
from tests.contract.assistant_service import all_of, last_run
from tests.engine.runs.scripted import Host, ScriptedAsker, host, says

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ENDPOINT = Endpoint("lab", "http://lab.invalid/v1", EndpointKind.REMOTE)


class Fixed:
    """Leads to one server."""

    def __init__(self, served: Host, *, is_engine: bool) -> None:
        self._client = Client(served.api, ENDPOINT, is_engine=is_engine)

    async def client(self) -> Client:
        return self._client

    def doubt(self) -> None: ...

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("is_engine", "limit", "sent"),
    [(True, 5, 5), (True, 900, 900), (False, 5, 256), (False, 900, 900), (True, None, None)],
)
async def test_the_limit_is_told_as_low_as_the_server_takes_it(
    is_engine: bool, limit: int | None, sent: int | None
) -> None:
    asker = ScriptedAsker(says("Yes."))
    async with host(asker) as served:
        service = OpenAIAssistantService(ENDPOINT, Fixed(served, is_engine=is_engine))
        request = RunRequest(await served.assistant(), max_completion_tokens=limit)
        run = last_run(await all_of(service.create_run(await served.thread(), request)))
        assert run.status is RunStatus.COMPLETED
        assert [ask.max_completion_tokens for ask in asker.asks] == [sent]


async def test_a_run_that_meets_its_limit_is_incomplete_and_tells_its_usage() -> None:
    asker = ScriptedAsker(says("A long answer.", usage=Usage(900, 50, 512, 30, 64)))
    async with host(asker) as served:
        service = OpenAIAssistantService(ENDPOINT, Fixed(served, is_engine=True))
        request = RunRequest(await served.assistant(), max_completion_tokens=20)
        thread = await served.thread()
        run = last_run(await all_of(service.create_run(thread, request)))
        assert (run.status, run.incomplete_reason) == (
            RunStatus.INCOMPLETE,
            "max_completion_tokens",
        )
        assert run.usage == Usage(900, 50, 512, 30, 64)
        (step,) = await service.steps(thread, run.id)
        assert step.usage == run.usage
