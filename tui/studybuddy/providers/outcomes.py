"""Problems that no exception tells of: keys that are missing, answers that are none."""

from __future__ import annotations

from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.providers.wording import who


def cut_off(endpoint: Endpoint) -> Problem:
    """The stream ended before the answer did."""
    return Problem(
        ProblemKind.CUT_OFF,
        "The connection broke before the answer was complete.",
        "The model's process may have ended; ask again."
        if endpoint.kind is EndpointKind.BUILT_IN
        else "Ask again to get the whole answer.",
        transient=True,
    )


def malformed(endpoint: Endpoint) -> Problem:
    """An event, or a body, that is not what the API says."""
    return Problem(
        ProblemKind.MALFORMED,
        f"{who(endpoint, start=True)} sent something that is no chat answer.",
        "Ask again; if it stays so, check that the address is that of an OpenAI-compatible API.",
        transient=True,
    )


def web_page(endpoint: Endpoint) -> Problem:
    """A page for people where the API should be."""
    return Problem(
        ProblemKind.MALFORMED,
        f"{who(endpoint, start=True)} answered with a web page instead of a chat answer.",
        "Check the address (most end in /v1), and whether a login page of the network is in"
        " the way.",
    )


def empty(endpoint: Endpoint, finish_reason: str, *, thought: bool, anything: bool) -> Problem:
    """An answer without a word.

    Args:
        endpoint: who gave it.
        finish_reason: as the server gave it, or empty.
        thought: whether reasoning came.
        anything: whether the server sent any event at all.
    """
    if finish_reason == "length":
        return Problem(
            ProblemKind.EMPTY,
            "The model used up its tokens before it wrote a word.",
            "Raise the limit for answers, or ask something that needs less thinking."
            if thought
            else "Raise the limit for answers, or shorten the conversation.",
        )
    if finish_reason in ("tool_calls", "function_call"):
        return Problem(
            ProblemKind.EMPTY,
            "The model wanted to call a tool instead of answering.",
            "Ask again in other words, or choose another model.",
        )
    return Problem(
        ProblemKind.EMPTY,
        "The model gave an empty answer.",
        "Ask again, perhaps in other words.",
        transient=not anything,  # silence is a hiccup, an answer of no words is an answer
    )


def content_filter(endpoint: Endpoint) -> Problem:
    """The provider's filter ended the answer."""
    return Problem(
        ProblemKind.CONTENT_FILTER,
        f"The content filter of {who(endpoint)} stopped this answer.",
        "Ask in other words.",
    )


def silent(endpoint: Endpoint) -> Problem:
    """Connected, and then nothing came for as long as we wait."""
    if endpoint.kind in (EndpointKind.LOCAL, EndpointKind.BUILT_IN):
        return Problem(
            ProblemKind.TIMEOUT,
            f"{who(endpoint, start=True)} has not sent a word for two minutes.",
            "The model may be too large for this machine: try a smaller one, or a shorter"
            " conversation.",
        )
    return Problem(
        ProblemKind.TIMEOUT,
        f"{who(endpoint, start=True)} has not sent a word for a minute.",
        "Try again; it may be overloaded.",
        transient=True,
    )


def no_models(endpoint: Endpoint) -> Problem:
    """The endpoint lists no model, and none was named."""
    return Problem(
        ProblemKind.NO_MODEL,
        f"{who(endpoint, start=True)} has no model to talk to.",
        "Load a model in it (for Ollama: ollama pull llama3.2), or name one with --model."
        if endpoint.kind is EndpointKind.LOCAL
        else "Name a model with --model or in the settings.",
    )


def missing_key(endpoint: Endpoint) -> Problem:
    """OpenAI without a key."""
    return Problem(
        ProblemKind.UNAUTHORIZED,
        f"{who(endpoint, start=True)} needs a key, and none was found.",
        "Set OPENAI_API_KEY, or paste a key in the app's setup screen.",
    )


def unusable_key(endpoint: Endpoint) -> Problem:
    """A key that no HTTP header can carry."""
    where = {
        KeySource.ENVIRONMENT: "in the environment",
        KeySource.KEYCHAIN: "in the keychain",
        KeySource.FILE: "in the key file",
    }.get(endpoint.key_source, "given")
    return Problem(
        ProblemKind.UNAUTHORIZED,
        f"The key {where} for {who(endpoint)} has characters in it that no key has.",
        "Copy the key again, without spaces, quotes and line ends.",
    )
