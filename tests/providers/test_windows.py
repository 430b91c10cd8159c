"""Context windows as servers on this machine tell them, beside their list of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.providers.endpoints import at
from studybuddy.providers.windows import tells_windows
from tests.support.completions import provider_at
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Answer, Reply, answer, model_list

OLLAMA_PS = {
    "models": [{"name": "small:1b", "model": "small:1b", "size": 1, "context_length": 4096}]
}
OLLAMA_SHOW = {
    "parameters": 'stop                           "<|end|>"\nnum_ctx                        16384',
    "model_info": {"llama.context_length": 131072},
}
LM_STUDIO = {
    "data": [
        {"id": "a", "state": "loaded", "max_context_length": 131072, "loaded_context_length": 8000},
        {"id": "b", "state": "not-loaded", "max_context_length": 32768},
    ]
}


async def windows(
    listed: Answer,
    gets: Mapping[str, Any],
    posts: Mapping[str, Any] | None = None,
    *,
    chosen: str = "",
    kind: EndpointKind = EndpointKind.LOCAL,
) -> tuple[dict[str, int | None], list[str]]:
    """The windows that are found, and what was asked for beside the list."""
    others = {path: Reply(body) for path, body in gets.items()}
    answers = {path: Reply(body) for path, body in (posts or {}).items()}
    async with ScriptedServer(answer("ok"), models=listed, others=others, posts=answers) as server:
        provider = provider_at(replace(at(server.base_url, chosen), kind=kind, key="k"))
        models = await provider.models()
        await provider.close()
        asked = [request.path for request in server.others if request.path != "/v1/models"]
    return {model.id: model.context_window for model in models}, asked


async def test_ollama_tells_what_it_has_loaded_a_model_with() -> None:
    found, asked = await windows(
        model_list("small:1b", "large:70b"), {"/api/ps": OLLAMA_PS}, chosen="small:1b"
    )
    assert found == {"small:1b": 4096, "large:70b": None}
    assert "/api/show" not in asked


@pytest.mark.parametrize(
    ("shown", "window"),
    [(OLLAMA_SHOW, 16384), ({"model_info": {"llama.context_length": 131072}}, None), (None, None)],
)
async def test_ollamas_modelfile_tells_for_a_model_that_is_not_loaded(
    shown: Any, window: int | None
) -> None:
    found, _ = await windows(
        model_list("m"),
        {"/api/ps": {"models": []}},
        {"/api/show": shown} if shown else {},
        chosen="m",
    )
    assert found == {"m": window}


async def test_lm_studio_tells_it_in_its_own_list() -> None:
    found, _ = await windows(model_list("a", "b"), {"/api/v0/models": LM_STUDIO})
    assert found == {"a": 8000, "b": None}


async def test_an_older_llama_cpp_tells_what_is_set_and_not_what_was_trained() -> None:
    listed = model_list({"id": "m", "meta": {"n_ctx_train": 131072}})
    props = {"default_generation_settings": {"n_ctx": 4096}}
    found, _ = await windows(listed, {"/props": props})
    assert found == {"m": 4096}


@pytest.mark.parametrize("odd", [[], "x", {"models": 3}, {"data": [4]}, {"models": [{"name": 1}]}])
async def test_what_makes_no_sense_changes_nothing(odd: Any) -> None:
    gets = dict.fromkeys(("/api/ps", "/api/v0/models", "/props"), odd)
    listed = model_list({"id": "m", "max_model_len": 2048})
    found, _ = await windows(listed, gets, chosen="m")
    assert found == {"m": 2048}


async def test_ollama_on_another_machine_is_asked_too() -> None:
    found, _ = await windows(
        model_list("small:1b"), {"/api/ps": OLLAMA_PS}, chosen="small:1b", kind=EndpointKind.REMOTE
    )
    assert found == {"small:1b": 4096}


async def test_a_server_elsewhere_that_lists_its_window_is_asked_no_more() -> None:
    listed = model_list({"id": "m", "max_model_len": 2048})
    found, asked = await windows(listed, {}, kind=EndpointKind.REMOTE)
    assert (found, asked) == ({"m": 2048}, [])


@pytest.mark.parametrize(
    ("base_url", "asked"),
    [
        ("https://openrouter.ai/api/v1", False),
        ("https://eu.api.mistral.ai/v1", False),
        ("https://notmistral.ai/v1", True),
        ("http://192.168.1.20:11434/v1", True),
        ("https://ollama.school.example/v1", True),
    ],
)
def test_providers_that_host_models_are_not_asked(base_url: str, asked: bool) -> None:
    endpoint = Endpoint("there", base_url, EndpointKind.REMOTE)
    assert tells_windows(endpoint, "m", [Model("m")]) is asked


@pytest.mark.parametrize("kind", [EndpointKind.OPENAI, EndpointKind.BUILT_IN])
async def test_only_servers_of_ones_own_are_asked_for_more_than_their_list(
    kind: EndpointKind,
) -> None:
    found, asked = await windows(model_list("gpt-x"), {"/api/ps": OLLAMA_PS}, kind=kind)
    assert found == {"gpt-x": None}
    assert asked == []
