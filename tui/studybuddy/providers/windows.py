"""Context windows that servers of one's own tell elsewhere than in their list of models.

What counts is what a server has loaded a model with. Ollama, above all, loads models with far less
than they were trained for, and cuts longer prompts without a word.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
import openai
from openai import AsyncOpenAI

from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.domain.reported_usage import tokens_in
from studybuddy.providers.clients import headers_for

SECONDS = 1.5
"""How long one question may take."""

_HOSTED = (
    *(
        "openai.com",
        "openai.azure.com",
        "ai.azure.com",
        "anthropic.com",
        "googleapis.com",
        "mistral.ai",
    ),
    *("deepseek.com", "x.ai", "groq.com", "openrouter.ai", "together.xyz"),
    *("together.ai", "fireworks.ai", "cerebras.ai", "perplexity.ai", "cohere.com", "cohere.ai"),
    *("moonshot.ai", "moonshot.cn", "huggingface.co", "nvidia.com", "github.ai", "novita.ai"),
    *("deepinfra.com", "sambanova.ai", "aliyuncs.com", "z.ai", "bigmodel.cn", "minimax.io"),
    *("nebius.com", "cloudflare.com", "hyperbolic.xyz", "ollama.com", "vercel.sh"),
)
"""Domains of providers that host models."""

Fetch = Callable[[str, Mapping[str, Any] | None], Awaitable[Any]]
"""Gets a path beside the API's version, or posts to it where there is a body; the decoded JSON, and
`None` for whatever goes wrong."""

_NUM_CTX = re.compile(r"^\s*num_ctx\s+(\d{1,10})\s*$", re.MULTILINE)


def tells_windows(endpoint: Endpoint, chosen: str, models: Sequence[Model]) -> bool:
    """Whether a server may tell windows elsewhere: one that a student or a school may run.

    On this machine each is asked. On others, those of which it is not in the list, and not
    those that are known to host models for others: they have no such routes.
    """
    if endpoint.kind is EndpointKind.LOCAL:
        return True
    if endpoint.kind is not EndpointKind.REMOTE or _is_hosted(endpoint.base_url):
        return False
    return any(model.id == chosen and model.context_window is None for model in models)


def _is_hosted(base_url: str) -> bool:
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    return any(host == name or host.endswith(f".{name}") for name in _HOSTED)


async def with_windows(models: Sequence[Model], chosen: str, fetch: Fetch) -> list[Model]:
    """The models with the windows that the server tells of them.

    Args:
        models: as listed.
        chosen: the model that is asked; of it alone Ollama is asked what it would load.
        fetch: asks the server.
    """
    running, shelf, props = await asyncio.gather(
        fetch("/api/ps", None), fetch("/api/v0/models", None), fetch("/props", None)
    )
    windows = {**_of_lm_studio(shelf), **_of_llama_cpp(props, models), **_of_ollama(running)}
    unknown = any(model.id == chosen and model.context_window is None for model in models)
    if unknown and chosen not in windows and isinstance(_get(running, "models"), list):
        windows |= _of_modelfile(chosen, await fetch("/api/show", {"model": chosen}))
    return [
        replace(model, context_window=windows.get(model.id) or model.context_window)
        for model in models
    ]


async def fetched(
    endpoint: Endpoint, client: AsyncOpenAI, path: str, body: Mapping[str, Any] | None
) -> Any:
    """What a server has beside its API, see `Fetch`."""
    url = str(client.base_url).rstrip("/").removesuffix("/v1") + path
    options: Any = {"headers": headers_for(endpoint), "max_retries": 0}
    try:
        async with asyncio.timeout(SECONDS):
            if body is None:
                response = await client.get(url, cast_to=httpx2.Response, options=options)
            else:
                response = await client.post(
                    url, cast_to=httpx2.Response, body=body, options=options
                )
            return msgspec.json.decode(response.content)
    except (TimeoutError, openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError):
        return None
    except (msgspec.DecodeError, RecursionError):
        return None


def _of_ollama(running: Any) -> dict[str, int]:
    """Of the models that are loaded."""
    found: dict[str, int] = {}
    for entry in _objects(_get(running, "models")):
        if window := tokens_in(entry.get("context_length")):
            found |= {name: window for k in ("name", "model") if (name := _text(entry.get(k)))}
    return found


def _of_modelfile(model: str, shown: Any) -> dict[str, int]:
    """Of a model that is not loaded, where its Modelfile says it; else it is not known."""
    found = _NUM_CTX.search(_text(_get(shown, "parameters")))
    return {model: int(found[1])} if found and int(found[1]) else {}


def _of_lm_studio(shelf: Any) -> dict[str, int]:
    return {
        _text(entry.get("id")): window
        for entry in _objects(_get(shelf, "data"))
        if (window := tokens_in(entry.get("loaded_context_length")))
    }


def _of_llama_cpp(props: Any, models: Sequence[Model]) -> dict[str, int]:
    """Of the one model of a server; older ones list only what it was trained for."""
    window = tokens_in(_get(_get(props, "default_generation_settings"), "n_ctx"))
    return {models[0].id: window} if window and len(models) == 1 else {}


def _get(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, Mapping) else None


def _objects(found: Any) -> list[Mapping[str, Any]]:
    if not isinstance(found, list):
        return []
    return [entry for entry in found if isinstance(entry, Mapping)]


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""
