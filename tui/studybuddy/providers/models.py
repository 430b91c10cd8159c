"""Lists of models, from what servers put into `GET /models`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from studybuddy.domain.endpoints import Model
from studybuddy.domain.text import harmless
from studybuddy.domain.usage import MOST_TOKENS

DEFAULT_OPENAI_MODEL = "gpt-6-luna"
"""OpenAI's smallest current chat model (November 2026), asked where no model is named."""


def listed_models(body: bytes) -> list[Model] | None:
    """The models of a list; `None` where the body is no list of models.

    Taken are OpenAI's `{"data": […]}`, `{"models": […]}` and a bare list, of objects or of names.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict):
        found = next((found[k] for k in ("data", "models") if isinstance(found.get(k), list)), None)
    if not isinstance(found, list):
        return None
    models: dict[str, Model] = {}
    for entry in found:
        if isinstance(entry, str):
            entry = {"id": entry}
        if isinstance(entry, dict) and (model := _model(entry)) is not None:
            models.setdefault(model.id, model)
    return list(models.values())


def _model(entry: Mapping[str, Any]) -> Model | None:
    name = next((entry[k] for k in ("id", "name", "model") if isinstance(entry.get(k), str)), "")
    if not name or name != harmless(name):
        return None
    return Model(
        id=name,
        owned_by=harmless(_text(entry.get("owned_by"))),
        context_window=_context_window(entry),
        max_output=_max_output(entry),
        shutdown_date=harmless(_text(entry.get("shutdown_date"))),
    )


def _context_window(entry: Mapping[str, Any]) -> int | None:
    """Tokens: what is loaded before what the model was trained for."""
    meta = _inner(entry, "meta")
    return _first(
        (entry, "loaded_context_length"),  # LM Studio
        (meta, "n_ctx"),  # llama.cpp
        (entry, "max_model_len"),  # vLLM
        (entry, "context_window"),  # Groq, StudyBuddy's engine
        (entry, "context_length"),  # OpenRouter, Together
        (entry, "max_context_length"),  # LM Studio, Mistral
        (meta, "n_ctx_train"),  # older llama.cpp
    )


def _max_output(entry: Mapping[str, Any]) -> int | None:
    return _first(
        (_inner(entry, "top_provider"), "max_completion_tokens"),  # OpenRouter
        (entry, "max_completion_tokens"),  # Groq
        (entry, "max_output_tokens"),
    )


def _inner(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = entry.get(name)
    return found if isinstance(found, dict) else {}


def _first(*places: tuple[Mapping[str, Any], str]) -> int | None:
    """The first number above 0 in one of these places."""
    for holder, name in places:
        value = holder.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return min(value, MOST_TOKENS)
    return None


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""
