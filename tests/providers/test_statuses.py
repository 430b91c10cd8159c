from __future__ import annotations

from typing import Any

import pytest

from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.providers.endpoints import at, built_in
from studybuddy.providers.statuses import problem_of_status
from studybuddy.providers.told import told

OPENAI = at("https://api.openai.com")
OLLAMA = at("http://127.0.0.1:11434")
REMOTE = at("https://llm.example.org")


def problem(
    status: int, body: Any = None, endpoint: Endpoint = REMOTE, wait: float | None = None
) -> Problem:
    return problem_of_status(told(body, status), endpoint, "gpt-x", wait)


OVERFLOWS = [
    (400, {"message": "This model's maximum context length is 8192 tokens. However, your messages"
           " resulted in 9000 tokens.", "code": "context_length_exceeded"}),
    (400, {"code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 1407, "n_ctx": 256,
           "message": "request (1407 tokens) exceeds the available context size (256 tokens), try"
           " increasing it"}),
    (500, {"code": 500, "type": "exceed_context_size_error", "message": "the request exceeds the"
           " available context size. try increasing the context size or enable context shift"}),
    (400, {"type": "BadRequestError", "param": "input_tokens", "message": "You passed 1015 input"
           " tokens and requested 10 output tokens. However, the model's context length is only"
           " 1024 tokens, resulting in a maximum input length of 1014 tokens."}),
    (400, {"message": "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's"
           " maximum context length is 4096 tokens and your request has 10 input tokens"}),
    (400, {"message": "the input length exceeds the context length"}),
    (400, "Trying to keep the first 5000 tokens when context the overflows. However, the model is"
          " loaded with context length of only 4096 tokens"),
    (400, {"message": "prompt is too long: 210000 tokens > 200000 maximum"}),
    (413, "Payload Too Large"),
    (0, {"type": "exceed_context_size_error", "message": "context shift is disabled"}),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body"), OVERFLOWS)
def test_a_conversation_that_is_too_long_is_known_in_every_wording(status: int, body: Any) -> None:
    found = problem(status, body)
    assert found.kind is ProblemKind.CONTEXT_OVERFLOW
    assert not found.transient
    assert "new conversation" in found.advice


def test_the_numbers_of_an_overflow_are_told_where_they_are_known() -> None:
    found = problem(*OVERFLOWS[1])
    assert "(1,407 tokens, it takes 256)" in found.sentence
    assert (found.prompt_tokens, found.context_tokens) == (1407, 256)


@pytest.mark.parametrize(
    ("message", "prompt", "window"),
    [
        ("This model's maximum context length is 8192 tokens. However, your messages resulted in"
         " 9000 tokens.", 9000, 8192),
        ("This model's maximum context length is 4,097 tokens. However, you requested 5,000 tokens"
         " (4,500 in the messages, 500 in the completion).", 4500, 4097),
        ("You passed 1015 input tokens and requested 10 output tokens. However, the model's context"
         " length is only 1024 tokens, resulting in a maximum input length of 1014 tokens.",
         1015, 1024),
        ("'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context"
         " length is 4096 tokens and your request has 10 input tokens", 10, 4096),
        ("The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make"
         " sure that the context window is enough.", 5000, 4096),
        ("request (1407 tokens) exceeds the available context size (256 tokens), try increasing it",
         1407, 256),
        ("Trying to keep the first 5000 tokens when context the overflows. However, the model is"
         " loaded with context length of only 4096 tokens", 5000, 4096),
        ("prompt is too long: 210000 tokens > 200000 maximum", 210000, 200000),
        ("This endpoint's maximum context length is 131072 tokens. However, you requested about"
         " 140000 tokens (139000 of text input, 1000 in the output). Please reduce the length.",
         139000, 131072),
        ("the input length exceeds the context length", None, None),
        ("context window of 0 tokens, too many tokens", None, None),
    ],
)  # fmt: skip
def test_the_numbers_in_an_overflows_words_are_found(
    message: str, prompt: int | None, window: int | None
) -> None:
    found = problem(400, {"message": message})
    assert found.kind is ProblemKind.CONTEXT_OVERFLOW
    assert (found.prompt_tokens, found.context_tokens) == (prompt, window)
    assert ("it takes" in found.sentence) == ((prompt or 0) > (window or 0))


@pytest.mark.parametrize(
    ("status", "body", "kind", "transient"),
    [
        (429, {"code": "insufficient_quota", "message": "You exceeded your current quota"},
         ProblemKind.QUOTA, False),
        (402, {"message": "Insufficient Balance"}, ProblemKind.QUOTA, False),
        (429, {"message": "Rate limit reached"}, ProblemKind.RATE_LIMITED, True),
        (429, None, ProblemKind.RATE_LIMITED, True),
        (401, {"message": "Incorrect API key provided: sk-abc"}, ProblemKind.UNAUTHORIZED, False),
        (403, {"message": "no access"}, ProblemKind.FORBIDDEN, False),
        (403, {"code": "unsupported_country_region_territory"}, ProblemKind.FORBIDDEN, False),
        (403, {"code": "model_not_found", "message": "Project does not have access to model x"},
         ProblemKind.NO_MODEL, False),
        (404, {"message": "The model `x` does not exist", "code": "model_not_found"},
         ProblemKind.NO_MODEL, False),
        (404, {"message": "model \"x\" not found, try pulling it first"},
         ProblemKind.NO_MODEL, False),
        (404, {"message": "The model `x` does not exist.", "type": "NotFoundError"},
         ProblemKind.NO_MODEL, False),
        (400, {"message": "invalid model ID"}, ProblemKind.NO_MODEL, False),
        (404, {"detail": "Not Found"}, ProblemKind.NOT_FOUND, False),
        (404, "<html>nothing here</html>", ProblemKind.NOT_FOUND, False),
        (405, {"detail": "Method Not Allowed"}, ProblemKind.NOT_FOUND, False),
        (308, None, ProblemKind.NOT_FOUND, False),
        (400, {"message": "temperature is not supported"}, ProblemKind.BAD_REQUEST, False),
        (422, {"detail": [{"loc": ["body"], "msg": "bad"}]}, ProblemKind.BAD_REQUEST, False),
        (400, {"code": "content_filter", "message": "x"}, ProblemKind.CONTENT_FILTER, False),
        (400, {"message": "triggering Azure OpenAI's content management policy"},
         ProblemKind.CONTENT_FILTER, False),
        (500, {"message": "boom"}, ProblemKind.SERVER_ERROR, True),
        (500, {"message": "model requires more system memory (5.6 GiB) than is available"},
         ProblemKind.SERVER_ERROR, False),
        (501, None, ProblemKind.SERVER_ERROR, False),
        (502, "<html>Bad gateway</html>", ProblemKind.SERVER_ERROR, True),
        (503, {"message": "Loading model"}, ProblemKind.SERVER_ERROR, True),
        (529, None, ProblemKind.SERVER_ERROR, True),
        (408, None, ProblemKind.TIMEOUT, True),
        (504, None, ProblemKind.TIMEOUT, True),
        (0, {"message": "out of luck"}, ProblemKind.SERVER_ERROR, True),
        (0, {"code": 429, "message": "slow down"}, ProblemKind.RATE_LIMITED, True),
    ],
)  # fmt: skip
def test_a_status_becomes_its_problem(
    status: int, body: Any, kind: ProblemKind, transient: bool
) -> None:
    found = problem(status, body)
    assert (found.kind, found.transient) == (kind, transient)
    assert found.sentence.endswith((".", "”"))
    assert found.advice.endswith(".")


def test_the_time_to_wait_is_passed_on_and_told() -> None:
    found = problem(429, wait=20.0)
    assert found.retry_after == 20.0
    assert "20 s" in found.advice
    assert "10 minutes" in problem(429, wait=600.0).advice


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (OPENAI, "needs a key"),
        (Endpoint("o", "https://api.openai.com/v1", EndpointKind.OPENAI, "m", "k",
                  KeySource.ENVIRONMENT), "OPENAI_API_KEY"),
        (Endpoint("o", "https://api.openai.com/v1", EndpointKind.OPENAI, "m", "k",
                  KeySource.KEYCHAIN), "from the keychain"),
        (OLLAMA, "Ollama at http://127.0.0.1:11434 needs a key"),
        (built_in(), "start it again"),
    ],
)  # fmt: skip
def test_a_refused_key_is_told_with_where_it_came_from(endpoint: Endpoint, words: str) -> None:
    assert words in str(problem(401, {"message": "no"}, endpoint))


def test_a_missing_model_is_told_how_to_get_in_ollama() -> None:
    body = {"message": 'model "gpt-x" not found, try pulling it first'}
    assert "ollama pull gpt-x" in problem(404, body, OLLAMA).advice


def test_no_sentence_holds_a_page_or_a_key_or_a_control_character() -> None:
    key = Endpoint("r", "https://r.example/v1", EndpointKind.REMOTE, "m", "topsecretkey")
    for status in (0, 400, 401, 403, 404, 422, 429, 500, 502):
        for body in (
            "<html><body>page</body></html>",
            {"message": "you sent topsecretkey \x1b[2J " + "x" * 500},
        ):
            told_so = str(problem(status, body, key))
            assert "topsecretkey" not in told_so
            assert "page" not in told_so.replace("billing page", "")
            assert "\x1b" not in told_so
            assert len(told_so) < 450
