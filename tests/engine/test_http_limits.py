"""The limit of an answer's tokens, in the words that a server knows."""

from __future__ import annotations

from typing import Any

from studybuddy.engine.upstream.http import HttpUpstream
from tests.engine.engines import QUESTION
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Reply, answer, error

WHOLE = {"choices": [{"index": 0, "message": {"content": "Hi."}}]}
LIMITED: dict[str, Any] = {**QUESTION, "max_completion_tokens": 9}


async def test_a_server_on_this_machine_is_told_it_by_both_names() -> None:
    async with ScriptedServer(Reply(WHOLE), answer("Hi."), Reply(WHOLE)) as server:
        upstream = HttpUpstream(server.base_url)
        await upstream.complete(LIMITED)
        assert [payload async for payload in upstream.stream({**LIMITED, "stream": True})]
        for request in server.requests:
            assert request.json["max_completion_tokens"] == request.json["max_tokens"] == 9
        await upstream.complete(QUESTION)
        assert "max_tokens" not in server.requests[-1].json
        await upstream.complete({**LIMITED, "max_tokens": 3})
        assert server.requests[-1].json["max_tokens"] == 3
        await upstream.close()


async def test_a_server_that_does_not_take_both_is_told_the_newer_name_alone() -> None:
    refusal = error(400, "Setting 'max_tokens' and 'max_completion_tokens' is not supported.")
    async with ScriptedServer(refusal, answer("Hi."), Reply(WHOLE)) as server:
        upstream = HttpUpstream(server.base_url)
        assert [payload async for payload in upstream.stream({**LIMITED, "stream": True})]
        await upstream.complete(LIMITED)
        assert ["max_tokens" in request.json for request in server.requests] == [True, False, False]
        await upstream.close()
