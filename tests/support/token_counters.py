"""Servers that count tokens, each in its own way, over one simple tokenizer: a token a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support.scripted_server import Received
from tests.support.wire import Answer, Reply

Posts = Mapping[str, Answer | Callable[[Received], Answer]]

START, TURN = "<s>", "<turn>"


def prompt_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the model reads: a word before each message, and one before its answer."""
    turns = [f"{TURN} {message['role']} {message['content']}" for message in messages]
    return "\n".join([*turns, f"{TURN} assistant"])


def count_of(messages: Sequence[Mapping[str, Any]]) -> int:
    """The tokens of a request, with the one that begins every text."""
    return 1 + len(prompt_of(messages).split())


def _chat_route(request: Received) -> Answer:
    return Reply({"object": "response.input_tokens", "input_tokens": _asked(request)})


def _asked(request: Received) -> int:
    return count_of(request.json["messages"])


def _llama_tokenize(request: Received) -> Answer:
    words = request.json.get("content", "").split()
    first = [START] if request.json.get("add_special") and words else []
    return Reply({"tokens": list(range(len(first + words)))})


def _llama_template(request: Received) -> Answer:
    return Reply({"prompt": prompt_of(request.json["messages"])})


def _vllm_tokenize(request: Received) -> Answer:
    if "messages" not in request.json or not request.json.get("model"):
        return Reply({"object": "error", "message": "Field required", "code": 400}, 400)
    tokens = list(range(_asked(request)))
    return Reply({"count": len(tokens), "max_model_len": 4096, "tokens": tokens})


def _responses(request: Received) -> Answer:
    count = count_of(request.json["input"])
    return Reply({"object": "response.input_tokens", "input_tokens": count})


_LM_STUDIO = Reply({"error": "Unexpected endpoint or method. (POST /x)"})
_PAGE = Reply("<!doctype html><title>Welcome</title>")
_ROUTES = ("/v1/chat/completions/input_tokens", "/tokenize", "/apply-template")

COUNTING: Mapping[str, Posts] = {
    "llama.cpp": {
        "/v1/chat/completions/input_tokens": _chat_route,
        "/tokenize": _llama_tokenize,
        "/apply-template": _llama_template,
    },
    "older llama.cpp": {"/tokenize": _llama_tokenize, "/apply-template": _llama_template},
    "vLLM": {"/tokenize": _vllm_tokenize},
    "like OpenAI": {"/v1/responses/input_tokens": _responses},
}
"""Kinds of servers that count; what each answers to which path."""

NOT_COUNTING: Mapping[str, Posts] = {
    "Ollama": {},
    "LM Studio": dict.fromkeys((*_ROUTES, "/v1/responses/input_tokens"), _LM_STUDIO),
    "oldest llama.cpp": {"/tokenize": _llama_tokenize},
    "web pages": dict.fromkeys((*_ROUTES, "/v1/responses/input_tokens"), _PAGE),
    "forbidding": dict.fromkeys(_ROUTES, Reply({"error": "no"}, 403)),
    "nonsense": dict.fromkeys(
        (*_ROUTES, "/v1/responses/input_tokens"),
        Reply({"input_tokens": -3, "count": "many", "prompt": 7, "tokens": {}}),
    ),
}
"""Kinds of servers that do not."""
