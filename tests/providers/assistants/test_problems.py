"""Failures of the Assistants API as sentences."""

from __future__ import annotations

from typing import Any

import pytest

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.providers.assistants.problems import problem_of_told
from studybuddy.providers.assistants.source import Client
from studybuddy.providers.told import told

SDK: Any = None
ENGINE = Client(SDK, Endpoint("built-in", "", EndpointKind.BUILT_IN), is_engine=True)
OLLAMA = Client(SDK, Endpoint("ollama", "http://127.0.0.1:11434/v1", EndpointKind.LOCAL))


def problem(status: int, message: str, code: str | None = None, at: Client = ENGINE) -> Problem:
    return problem_of_told(told({"error": {"message": message, "code": code}}, status), at)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("No thread found with id 'thread_x'.", "The thread is gone"),
        ("No run found with id 'run_x'.", "The run is gone"),
        ("No run step found with id 'step_x'.", "The run is gone"),
        ("No assistant found with id 'asst_x'.", "The assistant is gone"),
        ("No file found with id 'file-x'.", "The note is gone"),
        ("No vector store found with id 'vs_x'.", "The note is gone"),
        ("No message found with id 'msg_x'.", "The thread is gone"),
    ],
)
@pytest.mark.parametrize("at", [ENGINE, OLLAMA])
def test_what_is_gone_is_named(message: str, sentence: str, at: Client) -> None:
    found = problem(404, message, at=at)
    assert found.kind is ProblemKind.NOT_FOUND
    assert found.sentence.startswith(sentence)
    assert found.advice
    assert not found.transient


@pytest.mark.parametrize("body", ["404 page not found", {"detail": "Not Found"}, ""])
def test_a_server_without_this_api_is_told_as_that(body: Any) -> None:
    found = problem_of_told(told(body, 404), OLLAMA)
    assert found.kind is ProblemKind.NOT_FOUND
    assert "Ollama at http://127.0.0.1:11434 does not serve the Assistants API" in found.sentence


@pytest.mark.parametrize(
    "message",
    [
        "Thread thread_x already has an active run run_x.",
        "Can't add messages to thread_x while a run run_x is active.",
    ],
)
def test_a_thread_that_is_busy_is_told_with_what_to_do(message: str) -> None:
    found = problem(400, message)
    assert found.kind is ProblemKind.BAD_REQUEST
    assert "still at work" in found.sentence


def test_the_engines_refusals_are_quoted_and_its_faults_are_its_own() -> None:
    assert "“'name' is too long”" in problem(400, "'name' is too long").sentence
    assert problem(401, "no").kind is ProblemKind.ENGINE
    assert problem(503, "It is shutting down.").transient
    assert not problem(500, "An error of its own.").transient
    assert problem(413, "At most 512 MB are taken.").advice == "At most 512 MB are taken."
    assert problem(503, "No weights.", "no_weights").kind is ProblemKind.NO_WEIGHTS


def test_a_direct_servers_other_failures_are_told_as_for_chats() -> None:
    assert problem(429, "slow", at=OLLAMA).kind is ProblemKind.RATE_LIMITED
    assert problem(401, "no", at=OLLAMA).kind is ProblemKind.UNAUTHORIZED
