"""Upstreams that an app registers: by name, in memory, and only with the token."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from studybuddy.engine.assembly import make_served
from studybuddy.engine.errors import ApiError
from studybuddy.engine.upstream.http import HttpUpstream
from studybuddy.engine.upstream.registry import DEFAULT, Address, Served, Upstreams
from tests.engine.engines import QUESTION, Engine, engine
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, Reply

KEY = "sk-very-secret"


@pytest.fixture
async def served() -> AsyncIterator[Engine]:
    async with engine("http://127.0.0.1:9/v1") as served:
        yield served


async def register(served: Engine, name: str, **body: Any) -> httpx2.Response:
    return await served.client.put(f"/studybuddy/upstreams/{name}", json=body)


async def test_a_registered_upstream_answers_with_its_key_and_model(served: Engine) -> None:
    completion = {"choices": [{"index": 0, "message": {"content": "Hi."}}]}
    async with ScriptedServer(Reply(completion)) as server:
        response = await register(
            served, "my%20lab%2Fx", base_url=f"{server.base_url}/", key=KEY, model=MODEL
        )
        assert response.status_code == 200
        assert response.json() == {"object": "upstream", "name": "my lab/x"}
        found = served.context.upstreams.get("my lab/x")
        assert found is not None
        assert await found.names.resolve("") == await found.names.resolve(MODEL)
        assert await found.upstream.complete({**QUESTION, "model": MODEL}) == completion
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert served.context.upstreams.get("other") is None
    own = served.context.upstreams.get(DEFAULT)
    assert own is not None
    assert own.upstream is served.context.upstream


async def test_registering_the_same_again_keeps_its_connections_and_another_replaces_it(
    served: Engine,
) -> None:
    first = {"base_url": "http://127.0.0.1:9/v1", "key": KEY}
    await register(served, "lab", **first)
    kept = served.context.upstreams.get("lab")
    await register(served, "lab", **first)
    assert served.context.upstreams.get("lab") is kept
    await register(served, "lab", **{**first, "model": "other"})
    assert served.context.upstreams.get("lab") is not kept


class Closing(HttpUpstream):
    """Tells when it is closed."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.closed = asyncio.Event()

    async def close(self) -> None:
        await super().close()
        self.closed.set()


@pytest.mark.parametrize("linger", [0.0, 1000.0])
async def test_a_replaced_upstream_is_closed_after_a_while_or_at_the_end(linger: float) -> None:
    made: list[Closing] = []

    def connect(address: Address) -> Served:
        made.append(Closing(address.base_url))
        return make_served(made[-1], strict=False, calls_tools=True)

    default = connect(Address("http://127.0.0.1:9/v1"))
    upstreams = Upstreams(default, connect, linger=linger)
    await upstreams.register("lab", "http://127.0.0.1:9/v1")
    await upstreams.register("lab", "http://127.0.0.1:10/v1")
    if not linger:
        await asyncio.wait_for(made[1].closed.wait(), 20)
    assert [upstream.closed.is_set() for upstream in made] == [False, not linger, False]
    await upstreams.close()
    assert all(upstream.closed.is_set() for upstream in made)


async def test_a_replaced_upstream_that_can_not_be_closed_is_logged_and_let_go(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made: list[Closing] = []

    class Broken(Closing):
        async def close(self) -> None:
            await super().close()
            raise OSError("the socket is gone")

    def connect(address: Address) -> Served:
        made.append(Broken(address.base_url) if address.base_url.endswith(":9/v1") else Closing(""))
        return make_served(made[-1], strict=False, calls_tools=True)

    upstreams = Upstreams(connect(Address("http://127.0.0.1:8/v1")), connect, linger=0.0)
    await upstreams.register("lab", "http://127.0.0.1:9/v1")
    await upstreams.register("lab", "http://127.0.0.1:10/v1")
    await asyncio.wait_for(made[1].closed.wait(), 20)
    await asyncio.sleep(0)
    await upstreams.close()
    assert "could not be closed" in caplog.text


async def test_the_key_is_told_to_no_one(served: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    response = await register(served, "lab", base_url="http://127.0.0.1:9/v1", key=KEY)
    assert KEY not in response.text
    assert KEY not in caplog.text
    assert KEY not in repr(served.context.upstreams.get("lab"))
    assert KEY not in repr(served.context)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "base_url"),
        ({"base_url": 1}, "base_url"),
        ({"base_url": "localhost:11434"}, "base_url"),
        ({"base_url": "file:///etc/passwd"}, "base_url"),
        ({"base_url": "http://"}, "base_url"),
        ({"base_url": "http://h:99999/v1"}, "base_url"),
        ({"base_url": "http://h/v1", "key": 5}, "key"),
        ({"base_url": "http://h/v1", "key": "a\nb"}, "key"),
        ({"base_url": "http://h/v1", "model": []}, "model"),
    ],
)
async def test_what_is_wrong_is_refused_by_name(
    served: Engine, body: dict[str, Any], param: str
) -> None:
    response = await register(served, "lab", **body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param
    assert served.context.upstreams.get("lab") is None


async def test_no_one_registers_without_the_token(served: Engine) -> None:
    response = await served.client.put(
        "/studybuddy/upstreams/lab",
        json={"base_url": "http://127.0.0.1:9/v1"},
        headers={"Authorization": "Bearer other"},
    )
    assert response.status_code == 401
    assert served.context.upstreams.get("lab") is None


async def test_an_engine_that_serves_others_goes_where_no_client_tells_it(served: Engine) -> None:
    served.context.upstreams.is_open = False
    response = await register(served, "lab", base_url="http://127.0.0.1:9/v1")
    assert response.status_code == 403
    assert served.context.upstreams.get("lab") is None


async def test_a_password_in_an_address_is_sent_and_told_to_no_one(
    served: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="studybuddy")
    async with ScriptedServer(Reply("no JSON")) as server:
        shown = server.base_url
        base_url = shown.replace("//", "//user:sesame@")
        await register(served, "lab", base_url=base_url)
        lab = served.context.upstreams.get("lab")
        assert lab is not None
        odd = await failure(lab, MODEL)
        basic = b64encode(b"user:sesame").decode()
        assert server.requests[0].headers["authorization"] == f"Basic {basic}"
    gone = await failure(lab, MODEL)
    assert shown in odd
    assert shown in gone
    assert "sesame" not in odd + gone + caplog.text + repr(Address(base_url))


async def failure(served: Served, model: str) -> str:
    """What is told of a completion that fails."""
    with pytest.raises(ApiError) as failed:
        await served.upstream.complete({**QUESTION, "model": model})
    return failed.value.message
