from __future__ import annotations

import pytest

from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.providers.addresses import kind_of, name_of, normal_url


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"),
        (" http://127.0.0.1:11434/v1/ ", "http://127.0.0.1:11434/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://example.org/openai", "https://example.org/openai"),
        ("https://example.org/v1/chat/completions", "https://example.org/v1"),
        ("https://example.org/v1/models", "https://example.org/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
    ],
)
def test_an_address_is_read_as_it_was_meant(written: str, meant: str) -> None:
    assert normal_url(written) == meant


@pytest.mark.parametrize(
    ("bad", "advice"),
    [
        ("localhost:11434", "http://localhost:11434"),
        ("example.org/v1", "https://example.org/v1"),
        ("", "https://"),
        ("http://my server/v1", "spaces"),
        ("ftp://example.org/v1", "http:// or https://"),
        ("http://", "host"),
        ("http://host:99999/v1", "port"),
        ("http://host:abc/v1", "port"),
        ("http://[::1/v1", "host"),
        ("https://example.org/v1?key=abc", "follows ? or #"),
        ("user:sk-secret@example.org", "https://…@example.org"),
        ("https://user:sk-secret@example.org/v1", "OPENAI_API_KEY"),
    ],
)
def test_a_bad_address_is_told_with_what_to_do(bad: str, advice: str) -> None:
    with pytest.raises(StudyBuddyError) as raised:
        normal_url(bad)
    problem = raised.value.problem
    assert problem.kind is ProblemKind.SETTINGS
    assert advice in problem.advice
    assert "sk-secret" not in str(problem)
    assert "key=abc" not in str(problem)


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://api.openai.com/v1", EndpointKind.OPENAI, "openai"),
        ("https://eu.api.openai.com/v1", EndpointKind.OPENAI, "openai"),
        ("https://api.openai.com.evil.example/v1", EndpointKind.REMOTE,
         "api.openai.com.evil.example"),
        ("http://127.0.0.1:11434/v1", EndpointKind.LOCAL, "ollama"),
        ("http://localhost:1234/v1", EndpointKind.LOCAL, "lm-studio"),
        ("http://[::1]:9999/v1", EndpointKind.LOCAL, "[::1]:9999"),
        ("http://127.8.8.8/v1", EndpointKind.LOCAL, "127.8.8.8"),
        ("http://0.0.0.0:8000/v1", EndpointKind.LOCAL, "vllm"),
        ("http://192.168.1.5:11434/v1", EndpointKind.REMOTE, "192.168.1.5:11434"),
        ("https://localhost.example.org/v1", EndpointKind.REMOTE, "localhost.example.org"),
    ],
)  # fmt: skip
def test_the_address_tells_what_stands_behind_it(url: str, kind: EndpointKind, name: str) -> None:
    assert kind_of(url) is kind
    assert name_of(url) == name
