"""The built-in model's manners, over a scripted server in llama.cpp's place."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from studybuddy.engine.model.native_model import NativeModel, smollm2
from studybuddy.engine.model.process import ModelProcess
from studybuddy.engine.upstream.native import NativeUpstream
from tests.engine.engines import Engine, engine, events_in, text_of
from tests.engine.scripted_child import KEY
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import (
    DONE,
    USAGE,
    Answer,
    Cut,
    Drop,
    Event,
    Stream,
    answer,
    chunk,
    error,
    model_list,
)

CHILD = str(Path(__file__).with_name("scripted_child.py"))
MODEL = smollm2(created=1)


@asynccontextmanager
async def native(
    *script: Answer, model: NativeModel = MODEL, models: Answer | None = None
) -> AsyncIterator[tuple[Engine, ScriptedServer]]:
    async with ScriptedServer(*script, models=models) as server:
        process = ModelProcess([sys.executable, CHILD, "serve", str(server.port)])
        async with engine(NativeUpstream(model, process)) as served:
            yield served, server


def sent(server: ScriptedServer) -> dict[str, Any]:
    body: dict[str, Any] = server.requests[-1].json
    return body


async def test_the_childs_key_goes_with_each_request() -> None:
    async with native(answer("Yes.")) as (served, server):
        await served.chat()
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_default_settings_fill_only_what_the_request_leaves_open() -> None:
    async with native(answer("Yes.")) as (served, server):
        await served.chat()
        assert sent(server).items() >= {**MODEL.sampling, "max_tokens": 1024}.items()
        await served.chat(temperature=1.5, top_p=None)
        assert sent(server)["temperature"] == 1.5
        assert sent(server)["top_p"] == MODEL.sampling["top_p"]


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens", "n_predict"])
async def test_a_limit_by_any_of_its_names_is_kept(field: str) -> None:
    async with native(answer("Yes.")) as (served, server):
        await served.chat(**{field: 7})
        assert sent(server)["max_tokens"] == 7


async def test_a_model_of_ones_own_gets_no_settings() -> None:
    own = NativeModel("own", "local", created=1)
    async with native(answer("Yes."), model=own) as (served, server):
        await served.chat()
        assert not {"temperature", "repeat_penalty", "max_tokens"} & sent(server).keys()


async def test_an_answer_asked_whole_is_streamed_so_that_leaving_can_stop_it() -> None:
    async with native(answer("A cell is small.")) as (served, server):
        whole = (await served.chat(model="smollm2-135m-instruct")).json()
        assert sent(server)["stream"] is True
    assert whole["object"] == "chat.completion"
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": "A cell is small."}
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["usage"] == USAGE


def progress() -> Event:
    told = chunk({"role": "assistant", "content": None})
    told.data["prompt_progress"] = {"total": 100, "cache": 0, "processed": 50, "time_ms": 1}
    return told


async def test_reports_of_progress_are_signs_of_life_to_those_who_did_not_ask_for_them() -> None:
    stream = Stream([progress(), progress(), chunk({"content": '"prompt_progress":'}), DONE])
    async with native(stream) as (served, server):
        response = await served.chat(stream=True)
        assert sent(server)["return_progress"] is True
        assert response.text.startswith(":\n\n:\n\ndata: {")
        events = events_in(response.text)
        assert text_of(events) == '"prompt_progress":'
        assert len(events) == 2
        asked = await served.events(return_progress=True)
        assert [event["prompt_progress"]["processed"] for event in asked[:2]] == [50, 50]
        assert len(asked) == 4


async def test_openais_own_client_passes_over_signs_of_life_and_reports_of_progress() -> None:
    stream = Stream([progress(), progress(), chunk({"content": "Yes."}), chunk({}, "stop"), DONE])
    async with native(stream) as (served, _):
        for wish in ({}, {"return_progress": True}):
            words = [
                part.choices[0].delta.content
                async for part in await served.sdk.chat.completions.create(
                    model="gpt-4o-mini",
                    messages=[{"role": "user", "content": "?"}],
                    stream=True,
                    extra_body=wish,
                )
            ]
            assert "".join(word or "" for word in words) == "Yes."
        whole = await served.sdk.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "?"}]
        )
        assert whole.choices[0].message.content == "Yes."


async def test_a_crash_while_the_prompt_is_read_is_told_in_the_stream_with_its_status() -> None:
    async with native(Stream([progress(), Cut()])) as (served, _):
        found = (await served.events())[-1]["error"]
        assert (found["code"], found["status"]) == ("model_crashed", 503)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_crash_before_the_first_word_is_a_503_that_says_what_happens(stream: bool) -> None:
    async with native(Drop()) as (served, _):
        response = await served.chat(stream=stream)
        assert response.status_code == 503
        found = response.json()["error"]
        assert found["code"] == "model_crashed"
        assert "is being started again" in found["message"]
        assert "retry-after" in response.headers


async def test_who_asks_right_after_a_crash_waits_for_the_next_process(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    async with ScriptedServer(Drop(), answer("Yes.")) as server:
        command = [sys.executable, CHILD, "--starts", str(starts), "serve", str(server.port)]
        process = ModelProcess(command, backoff=(0.0,))
        async with engine(NativeUpstream(MODEL, process)) as served:
            assert (await served.chat()).status_code == 503
            assert (await served.chat()).status_code == 200
    assert len(starts.read_text().splitlines()) == 2


async def test_a_crash_in_the_middle_of_an_answer_is_told_in_the_stream() -> None:
    async with native(Stream([chunk({"content": "A cell"}), Cut()])) as (served, _):
        events = await served.events()
        assert text_of(events) == "A cell"
        assert events[-1]["error"]["code"] == "model_crashed"


async def test_a_crash_in_the_middle_of_an_answer_asked_whole_is_a_503() -> None:
    async with native(Stream([chunk({"content": "A cell"}), Cut()])) as (served, _):
        assert (await served.chat()).status_code == 503


async def test_an_error_inside_the_stream_of_an_answer_asked_whole_is_an_error() -> None:
    event = Event({"error": {"code": 500, "message": "no memory", "type": "server_error"}})
    async with native(Stream([chunk({"content": "A"}), event])) as (served, _):
        response = await served.chat()
        assert response.status_code == 500
        assert response.json()["error"]["message"] == "no memory"


async def test_pictures_are_refused_as_the_students_mistake() -> None:
    refusal = error(500, "image input is not supported - hint: provide the mmproj")
    async with native(refusal) as (served, _):
        response = await served.chat()
        assert response.status_code == 400
        assert "reads only text" in response.json()["error"]["message"]


async def test_the_model_is_listed_with_its_context_window() -> None:
    async with native(answer("Yes.")) as (served, _):
        entry = (await served.client.get("/v1/models/smollm2-135m-instruct")).json()
        assert entry["context_window"] == 8192
        assert entry["owned_by"] == "HuggingFaceTB"


async def test_the_context_window_of_a_model_of_ones_own_is_told_once_it_is_loaded() -> None:
    listed = model_list({"id": "x", "meta": {"n_ctx": 4096}})
    own = NativeModel("own", "local", created=1)
    async with native(answer("Yes."), model=own, models=listed) as (served, _):
        await served.chat()
        entry = (await served.client.get("/v1/models/own")).json()
        assert entry["context_window"] == 4096


async def test_health_tells_of_a_model_that_can_not_run() -> None:
    process = ModelProcess([sys.executable, CHILD, "declare", "This is no model."])
    async with engine(NativeUpstream(MODEL, process)) as served:
        response = await served.chat()
        assert response.status_code == 500
        assert response.json()["error"]["message"] == "This is no model."
        health = (await served.client.get("/health")).json()
        assert health["status"] == "failed"
        assert health["model"]["sentence"] == "This is no model."
