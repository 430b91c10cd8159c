"""What an HTTP status and a server's description of an error mean."""

from __future__ import annotations

import re

from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.text import harmless
from studybuddy.providers.overflows import overflow_numbers
from studybuddy.providers.told import Told
from studybuddy.providers.wording import program_of, who

# OpenAI: code context_length_exceeded, "maximum context length is 8192 tokens"; llama.cpp: type
# exceed_context_size_error, "exceeds the available context size"; vLLM: "maximum context length",
# "the model's context length is only"; Ollama: "input length exceeds the context length";
# LM Studio: "when context overflows"; others: "prompt is too long", "too many tokens".
_OVERFLOW = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|window|size)|"
    r"context overflow|prompt (?:is )?too long|too many (?:input )?tokens|"
    r"input (?:tokens|length) exceeds?|input is too long"
)
_QUOTA = re.compile(
    r"insufficient_quota|insufficient_balance|insufficient (?:balance|credit|fund)|"
    r"billing_hard_limit|exceeded your current quota|credit balance"
)
_FILTER = re.compile(r"content_filter|content_policy|content management policy|responsibleai")
_NO_MODEL = re.compile(
    r"model_not_found|\bmodels?\b.{0,120}?(?:not found|does not exist|not exist|unknown|"
    r"not available|not loaded|no longer available|has been deprecated|decommissioned)|"
    r"(?:no such|unknown|invalid|unsupported) model\b|no models? loaded",
    re.DOTALL,
)
_LOADING = re.compile(r"loading model|model is (?:still )?loading|loading the model")
_MEMORY = re.compile(r"requires more (?:system )?memory|out of memory|insufficient memory")
_REGION = re.compile(
    r"unsupported_country|country, region|not available in your (?:country|region)"
)


def problem_of_status(
    said: Told, endpoint: Endpoint, model: str = "", wait: float | None = None
) -> Problem:
    """The problem that a status and an error's description tell.

    Args:
        said: what the server told; status 0 where the error came inside a stream.
        endpoint: who told it; it decides the advice.
        model: the model that was asked.
        wait: seconds the server asked to wait.
    """
    words, status = said.words[:20_000], said.status
    model = harmless(model)
    name = who(endpoint, start=True)
    if _QUOTA.search(words) or status == 402:
        return Problem(
            ProblemKind.QUOTA,
            f"The account at {who(endpoint)} has no credit left.",
            "Add credit or raise the limit in the account's billing page, or use the built-in"
            " model.",
        )
    if _OVERFLOW.search(words) and status in (0, 400, 413, 422, 500):
        return _overflow(said, endpoint)
    if status == 413:
        return _overflow(said, endpoint)
    if _FILTER.search(words) and status in (0, 400, 403, 422):
        return Problem(
            ProblemKind.CONTENT_FILTER,
            f"The content filter of {who(endpoint)} refused this request.",
            "Ask in other words.",
        )
    if status == 401:
        return _unauthorized(endpoint)
    if status in (0, 400, 403, 404, 410, 422) and _NO_MODEL.search(words):
        return _no_model(endpoint, model)
    match status:
        case 403:
            return _forbidden(said, endpoint)
        case 404 | 405 | 410:
            return Problem(
                ProblemKind.NOT_FOUND,
                f"{name} has no chat API at this address.",
                "Check the address; most end in /v1.",
            )
        case 408 | 504 | 524:
            return Problem(
                ProblemKind.TIMEOUT,
                f"{name} took too long to answer.",
                "Try again; it may be overloaded.",
                transient=True,
                retry_after=wait,
            )
        case 429:
            return Problem(
                ProblemKind.RATE_LIMITED,
                f"{name} asks to slow down: too many requests or tokens at once.",
                _wait_advice(wait),
                transient=True,
                retry_after=wait,
            )
    if _LOADING.search(words):
        return Problem(
            ProblemKind.SERVER_ERROR,
            f"{name} is still loading its model.",
            "Wait a moment and try again.",
            transient=True,
            retry_after=wait,
        )
    if _MEMORY.search(words):
        return Problem(
            ProblemKind.SERVER_ERROR,
            f"{name} has not enough memory for this model.",
            "Choose a smaller model, or close other programs.",
        )
    if status >= 500 or status in (409, 425):
        return _server_error(said, endpoint, wait)
    if 300 <= status < 400:
        return Problem(
            ProblemKind.NOT_FOUND,
            f"{name} sends requests on to another address.",
            "Use the address it has moved to.",
        )
    quote = said.quote(endpoint.key)
    if status == 0:
        return Problem(
            ProblemKind.SERVER_ERROR,
            f"{name} broke off with an error{_quoted(quote)}",
            "Ask again.",
            transient=True,
        )
    return Problem(
        ProblemKind.BAD_REQUEST,
        f"{name} refused the request{_quoted(quote)}",
        "Try another model, or start a new conversation.",
    )


def _quoted(quote: str) -> str:
    return f": “{quote}”" if quote else "."


def _wait_advice(wait: float | None) -> str:
    if wait is None:
        return "Wait a little and try again."
    if wait < 90:
        return f"Try again in {max(1, round(wait))} s."
    minutes = round(wait / 60)
    return f"Try again in {minutes} minutes." if minutes < 120 else "Try again later today."


def _overflow(said: Told, endpoint: Endpoint) -> Problem:
    in_words = overflow_numbers(said.words[:20_000])
    prompt, window = said.prompt_tokens or in_words[0], said.context_tokens or in_words[1]
    numbers = ""
    if prompt and window and prompt > window:
        numbers = f" ({prompt:,} tokens, it takes {window:,})"
    return Problem(
        ProblemKind.CONTEXT_OVERFLOW,
        f"The conversation is too long for the model{numbers}.",
        "Start a new conversation or shorten the message; a larger model takes more."
        if endpoint.kind is EndpointKind.BUILT_IN
        else "Start a new conversation, shorten the message, or choose a model with a larger"
        " context window.",
        prompt_tokens=prompt,
        context_tokens=window,
    )


def _unauthorized(endpoint: Endpoint) -> Problem:
    if endpoint.kind is EndpointKind.BUILT_IN:
        return Problem(
            ProblemKind.ENGINE,
            "The engine of the built-in model does not know this program.",
            "Quit StudyBuddy and start it again.",
        )
    if not endpoint.key:
        return Problem(
            ProblemKind.UNAUTHORIZED,
            f"{who(endpoint, start=True)} needs a key, and none was found.",
            "Set OPENAI_API_KEY, or paste a key in the app's setup screen."
            if endpoint.kind is EndpointKind.OPENAI
            else "Give its key: set OPENAI_API_KEY, or key_env for this endpoint in the settings.",
        )
    where, mend = {
        KeySource.ENVIRONMENT: (
            " from the environment",
            "Check the environment variable that holds it (usually OPENAI_API_KEY).",
        ),
        KeySource.KEYCHAIN: (" from the keychain", "Paste a new key in the app's setup screen."),
        KeySource.FILE: (" from the key file", "Paste a new key in the app's setup screen."),
    }.get(endpoint.key_source, ("", "Check the key, or paste a new one in the setup screen."))
    return Problem(
        ProblemKind.UNAUTHORIZED,
        f"{who(endpoint, start=True)} does not accept the key{where}.",
        mend,
    )


def _forbidden(said: Told, endpoint: Endpoint) -> Problem:
    if _REGION.search(said.words):
        return Problem(
            ProblemKind.FORBIDDEN,
            f"{who(endpoint, start=True)} does not serve this country or region.",
            "Use a local server or the built-in model.",
        )
    return Problem(
        ProblemKind.FORBIDDEN,
        f"{who(endpoint, start=True)} does not allow this{_quoted(said.quote(endpoint.key))}",
        "Check what the key is allowed to do, or choose another model.",
    )


def _no_model(endpoint: Endpoint, model: str) -> Problem:
    if endpoint.kind is EndpointKind.LOCAL and program_of(endpoint) == "Ollama" and model:
        advice = f"Fetch it with “ollama pull {model}”, or choose another model."
    elif endpoint.kind is EndpointKind.OPENAI:
        advice = "Choose another model; this key may not be allowed to use it."
    else:
        advice = "Choose another model from its list."
    return Problem(
        ProblemKind.NO_MODEL,
        f"{who(endpoint, start=True)} does not have the model {model or 'that was asked'}.",
        advice,
    )


def _server_error(said: Told, endpoint: Endpoint, wait: float | None) -> Problem:
    quote = "" if endpoint.kind is EndpointKind.OPENAI else said.quote(endpoint.key)
    name = who(endpoint, start=True)
    if said.status in (502, 503, 529):
        sentence = f"{name} is overloaded or being restarted (status {said.status})."
    else:
        sentence = f"{name} had an error of its own (status {said.status}){_quoted(quote)}"
    return Problem(
        ProblemKind.SERVER_ERROR,
        sentence,
        _wait_advice(wait) if wait is not None else "Try again in a moment.",
        transient=said.status != 501,
        retry_after=wait,
    )
