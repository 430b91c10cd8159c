"""Failures of the Assistants API as problems for the student."""

from __future__ import annotations

import re

import httpx2
import openai

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.providers.assistants.source import Client
from studybuddy.providers.problems import problem_of
from studybuddy.providers.statuses import problem_of_status
from studybuddy.providers.told import Told, retry_after, told
from studybuddy.providers.wording import who

UNKNOWN_UPSTREAM = "unknown_upstream"
"""The engine's code for a run whose upstream it does not know: it was started anew since."""

Failure = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    UnicodeError,
)
"""What the SDK and its transport raise."""

_NONE_FOUND = re.compile(r"\bno ([a-z ]+?) found\b", re.IGNORECASE)
_ACTIVE = re.compile(r"already has an active run|while a run \S+ is active")

_GONE = {
    "thread": ("The thread is gone on the server.", "Start a new one; what was said stays here."),
    "run": ("The run is gone on the server.", "Ask again."),
    "assistant": ("The assistant is gone on the server.", "Choose another one, or make it again."),
    "file": ("The note is gone on the server.", "Add it again where it is still needed."),
}


def problem_of_call(error: BaseException, client: Client) -> Problem:
    """The problem behind what a request raised."""
    if isinstance(error, openai.APIStatusError):
        said = told(error.body, error.status_code)
        return problem_of_told(said, client, retry_after(error.response.headers))
    if not client.is_engine:
        return problem_of(error, client.endpoint)
    late = isinstance(error, openai.APITimeoutError | httpx2.TimeoutException)
    return Problem(
        ProblemKind.TIMEOUT if late else ProblemKind.ENGINE,
        f"StudyBuddy's engine {'has not answered for a while' if late else 'is not answering'}.",
        "Try again." if late else "It is started again when you retry.",
        transient=True,
    )


def problem_of_told(said: Told, client: Client, wait: float | None = None) -> Problem:
    """The problem that a server told of; `wait` is in seconds."""
    if said.status == 404 and (gone := _gone(said)) is not None:
        return gone
    if said.status == 400 and _ACTIVE.search(said.message):
        return Problem(
            ProblemKind.BAD_REQUEST,
            "The assistant is still at work in this thread.",
            "Wait until it has answered, or stop it with Esc.",
        )
    if client.is_engine:
        return _of_engine(said, wait)
    if said.status in (404, 405, 501):
        return Problem(
            ProblemKind.NOT_FOUND,
            f"{who(client.endpoint, start=True)} does not serve the Assistants API (any more).",
            "Try again: StudyBuddy's own engine takes over.",
        )
    return problem_of_status(said, client.endpoint, wait=wait)


def gone(what: str) -> Problem:
    """NOT_FOUND for a `thread`, `run`, `assistant` or `file`."""
    return Problem(ProblemKind.NOT_FOUND, *_GONE[what])


def malformed(client: Client) -> Problem:
    """A body or an event that is not what the API says."""
    name = "StudyBuddy's engine" if client.is_engine else who(client.endpoint, start=True)
    return Problem(
        ProblemKind.MALFORMED,
        f"{name} sent something that is not of the Assistants API.",
        "Try again; if it stays so, check what serves this address.",
        transient=True,
    )


def cut_off() -> Problem:
    """The stream of a run's events broke; the run goes on."""
    return Problem(
        ProblemKind.CUT_OFF,
        "The connection broke while the assistant was at work.",
        "It goes on without it; its answer can be fetched.",
        transient=True,
    )


def _gone(said: Told) -> Problem | None:
    """What is gone, where that is what a 404 means; `None` where the API itself is not there."""
    found = _NONE_FOUND.search(said.message)
    if found is None:
        return None
    words = found[1].lower().split()
    for what in _GONE:
        if what in words:
            return gone(what)
    return gone("file" if {"vector", "store"} & set(words) else "thread")


def _of_engine(said: Told, wait: float | None) -> Problem:
    quote = said.quote()
    if said.code == "no_weights":
        return Problem(
            ProblemKind.NO_WEIGHTS, quote or "The built-in model is not on this computer."
        )
    if said.status == 401:
        return Problem(
            ProblemKind.ENGINE,
            "StudyBuddy's engine does not know this program.",
            "Quit StudyBuddy and start it again.",
        )
    if said.status == 413:
        return Problem(ProblemKind.BAD_REQUEST, "That is too large for StudyBuddy's engine.", quote)
    if said.status >= 500 or said.status in (0, 409):
        return Problem(
            ProblemKind.SERVER_ERROR,
            f"StudyBuddy's engine had an error{f': “{quote}”' if quote else '.'}",
            "Try again; “studybuddy doctor” tells where its log is.",
            transient=said.status not in (0, 500, 501),
            retry_after=wait,
        )
    return Problem(
        ProblemKind.BAD_REQUEST,
        f"StudyBuddy's engine refused the request{f': “{quote}”' if quote else '.'}",
        "Try again in another way; a new conversation may help.",
    )
