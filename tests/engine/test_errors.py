"""Every error comes in OpenAI's envelope, with the right status."""

from __future__ import annotations

from typing import Any

import httpx2
import openai
import pytest

from studybuddy.engine.bodies import JSON_LIMIT
from tests.engine.engines import (
    QUESTION,
    TOKEN,
    Engine,
    engine,
    listening_engine,
    text_of,
    unused_port,
)
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, Cut, Drop, Event, Reply, Stream, chunk, error

USER = {"role": "user", "content": "hi"}


def told(response: httpx2.Response, status: int) -> dict[str, Any]:
    """The error object of a response, which must be whole."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()["error"]
    assert {"message", "type", "param", "code"} <= found.keys()
    assert found["message"]
    return found


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        "Bearer ä",
    ],
)
async def test_without_the_token_nothing_is_served(authorization: str | None) -> None:
    async with ScriptedServer(Drop()) as upstream, engine(upstream.base_url) as served:
        headers = (
            {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
        )
        del served.client.headers["Authorization"]
        for method, path in (("GET", "/v1/models"), ("POST", "/v1/chat/completions")):
            response = await served.client.request(method, path, headers=headers)
            assert told(response, 401)["code"] == "invalid_api_key"
            assert TOKEN not in response.text
        assert not upstream.requests


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8642"])
async def test_other_host_names_are_refused_so_that_rebinding_does_not_help(host: str) -> None:
    async with ScriptedServer(Drop()) as upstream, engine(upstream.base_url) as served:
        for path in ("/health", "/v1/models"):
            response = await served.client.get(path, headers={"Host": host})
            assert told(response, 403)["code"] == "wrong_host"


@pytest.mark.parametrize("host", ["localhost:8642", "LOCALHOST", "[::1]:80", "127.0.0.1"])
async def test_all_names_of_this_computer_are_served(host: str) -> None:
    async with ScriptedServer(Drop()) as upstream, engine(upstream.base_url) as served:
        response = await served.client.get("/v1/models", headers={"Host": host})
        assert response.status_code == 200


async def test_an_engine_that_others_may_reach_takes_any_host_name() -> None:
    async with (
        ScriptedServer(Drop()) as upstream,
        engine(upstream.base_url, host="0.0.0.0") as served,
    ):
        response = await served.client.get("/v1/models", headers={"Host": "study.local"})
        assert response.status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b"\xff{}", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    async with ScriptedServer(Drop()) as upstream, engine(upstream.base_url) as served:
        response = await served.client.post("/v1/chat/completions", content=body)
        assert told(response, 400)["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [USER, {"content": "hi"}]}, "messages[1].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [USER], "model": 4}, "model"),
        ({"messages": [USER], "temperature": "hot"}, "temperature"),
        ({"messages": [USER], "temperature": True}, "temperature"),
        ({"messages": [USER], "max_tokens": 1.5}, "max_tokens"),
        ({"messages": [USER], "max_completion_tokens": "3"}, "max_completion_tokens"),
        ({"messages": [USER], "stream": "yes"}, "stream"),
        ({"messages": [USER], "stream_options": []}, "stream_options"),
        ({"messages": [USER], "tools": {}}, "tools"),
        ({"messages": [USER], "stop": 1}, "stop"),
    ],
)
async def test_a_field_of_a_wrong_type_is_named(fields: dict[str, Any], param: str) -> None:
    async with ScriptedServer(Drop()) as upstream:
        async with engine(upstream.base_url) as served:
            response = await served.client.post("/v1/chat/completions", json=fields)
        found = told(response, 400)
        assert found["param"] == param
        assert f"'{param}'" in found["message"]
        assert not upstream.requests


async def test_null_stands_for_a_field_left_out() -> None:
    whole = Reply({"object": "chat.completion", "model": MODEL, "choices": []})
    async with ScriptedServer(whole) as upstream, engine(upstream.base_url) as served:
        response = await served.chat(model=None, temperature=None, stream=None, tools=None)
        assert response.status_code == 200


async def test_a_body_over_the_limit_is_refused_though_it_is_sent_whole() -> None:
    async with (
        ScriptedServer(Drop()) as upstream,
        listening_engine(upstream.base_url) as served,
    ):
        response = await served.client.post("/v1/chat/completions", content=b" " * (JSON_LIMIT + 1))
        assert told(response, 413)["code"] == "request_too_large"


async def test_unknown_paths_and_methods_are_told_in_the_envelope() -> None:
    async with ScriptedServer(Drop()) as upstream, engine(upstream.base_url) as served:
        assert told(await served.client.get("/v1/nothing"), 404)["code"] == "unknown_url"
        refused = await served.client.delete("/v1/chat/completions")
        assert told(refused, 405)["code"] == "method_not_supported"
        assert "POST" in refused.headers["allow"]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstream_error_passes_through_with_its_status(stream: bool) -> None:
    limited = error(
        429, "Slow down.", type="requests", code="rate_limit", headers={"retry-after": "7"}
    )
    async with ScriptedServer(limited) as upstream, engine(upstream.base_url) as served:
        response = await served.chat(model=MODEL, stream=stream)
        found = told(response, 429)
        assert (found["message"], found["type"], found["code"]) == (
            "Slow down.",
            "requests",
            "rate_limit",
        )
        assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"error": {"code": 500, "message": "Out of memory", "type": "server_error"}},
            "Out of memory",
        ),
        ({"detail": "Internal trouble"}, "Internal trouble"),
        ({"error": "model is busy"}, "model is busy"),
        ("plain words", "plain words"),
        ("", "status 500"),
    ],
)
async def test_errors_of_other_makes_become_the_envelope(body: Any, message: str) -> None:
    async with ScriptedServer(Reply(body, 500)) as upstream, engine(upstream.base_url) as served:
        found = told(await served.chat(model=MODEL), 500)
        assert message in found["message"]
        assert found["code"] is None


async def test_a_context_overflow_of_llama_cpp_gets_openais_code_and_the_numbers() -> None:
    body = {
        "error": {
            "code": 400,
            "message": "the request exceeds the available context size",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 18031,
            "n_ctx": 8192,
        }
    }
    async with ScriptedServer(Reply(body, 400)) as upstream, engine(upstream.base_url) as served:
        found = told(await served.chat(model=MODEL), 400)
        assert found["code"] == "context_length_exceeded"
        assert "8192" in found["message"]
        assert "18031" in found["message"]
        assert (found["n_prompt_tokens"], found["n_ctx"]) == (18031, 8192)


@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstream_that_is_not_there_is_a_bad_gateway(stream: bool) -> None:
    async with engine(f"http://127.0.0.1:{unused_port()}/v1") as served:
        found = told(await served.chat(stream=stream), 502)
        assert found["code"] == "upstream_unreachable"
        assert "can't be reached" in found["message"]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstream_that_hangs_up_is_a_bad_gateway(stream: bool) -> None:
    async with ScriptedServer(Drop()) as upstream, engine(upstream.base_url) as served:
        assert "broke off" in told(await served.chat(model=MODEL, stream=stream), 502)["message"]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_is_none_is_a_bad_gateway(stream: bool) -> None:
    page = Reply("<html>Login</html>")
    async with ScriptedServer(page) as upstream, engine(upstream.base_url) as served:
        assert (
            told(await served.chat(model=MODEL, stream=stream), 502)["code"] == "upstream_malformed"
        )


async def test_a_stream_without_any_event_is_a_bad_gateway() -> None:
    async with ScriptedServer(Stream([])) as upstream, engine(upstream.base_url) as served:
        assert (
            told(await served.chat(model=MODEL, stream=True), 502)["code"] == "upstream_malformed"
        )


async def test_a_stream_that_is_cut_ends_with_an_error_event_and_no_end_mark() -> None:
    steps = [chunk({"content": "A cell"}), chunk({"content": " is"}), Cut()]
    async with ScriptedServer(Stream(steps)) as upstream, engine(upstream.base_url) as served:
        events = await served.events(model=MODEL)
        assert text_of(events) == "A cell is"
        assert events[-1]["error"]["code"] == "upstream_disconnected"
        assert "[DONE]" not in events


async def test_an_error_event_of_the_upstream_is_passed_on() -> None:
    event = Event({"error": {"message": "GPU fell off", "type": "server_error"}})
    steps = [chunk({"content": "A"}), event]
    async with ScriptedServer(Stream(steps)) as upstream, engine(upstream.base_url) as served:
        assert (await served.events(model=MODEL))[-1] == event.data


async def test_the_sdk_raises_its_own_exceptions_for_the_engines_errors() -> None:
    steps = [chunk({"content": "A cell"}), Cut()]
    async with (
        ScriptedServer(Stream(steps)) as upstream,
        listening_engine(upstream.base_url) as served,
    ):
        client = openai_client(served)
        stream = await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "hi"}], stream=True
        )
        with pytest.raises(openai.APIError, match="broke off"):
            [chunk async for chunk in stream]
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            await client.models.retrieve("gpt-4o")
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="wrong").models.list()
        await client.close()


def openai_client(served: Engine) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{served.base_url}/v1",
        api_key=TOKEN,
        max_retries=0,
        http_client=httpx2.AsyncClient(trust_env=False, verify=False),
    )


async def test_a_fault_of_the_engine_is_admitted_without_its_innards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("innards")

    async with ScriptedServer(Drop()) as upstream, engine(upstream.base_url) as served:
        monkeypatch.setattr(served.context.upstream, "complete", broken)
        response = await served.client.post(
            "/v1/chat/completions", json={**QUESTION, "model": MODEL}
        )
        assert "innards" not in response.text
        assert told(response, 500)["type"] == "server_error"


async def test_what_an_upstream_says_controls_no_terminal() -> None:
    rude = {"message": "bad \x1b]0;pwned\x07", "type": "a\x1b[2J", "code": "b\x9b2J"}
    server = ScriptedServer(Reply({"error": rude}, 400))
    async with server as upstream, engine(upstream.base_url) as served:
        error = (await served.chat()).json()["error"]
    assert error["message"].startswith("bad ")
    said = "".join(error[name] or "" for name in ("message", "type", "code"))
    assert said.isprintable()
    assert "pwned" in said
