"""Which messages are sent."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.runs.fitting import ChatMessage, estimate, kept

HEAD = [{"role": "system", "content": "Be kind."}]


def message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def conversation(turns: int) -> list[ChatMessage]:
    return [message(("user", "assistant")[n % 2], f"{n} " + "word " * 20) for n in range(turns)]


def test_without_a_limit_all_is_sent() -> None:
    history = conversation(9)
    assert kept(HEAD, history, []) == [*HEAD, *history]


def test_the_last_n_messages_are_of_the_thread_without_the_system_and_the_run() -> None:
    history, rounds = conversation(9), [message("assistant", "calling")]
    assert kept(HEAD, history, rounds, last_messages=2) == [*HEAD, *history[-2:], *rounds]


def test_the_oldest_messages_go_first() -> None:
    history = conversation(9)
    one = estimate(history[0])
    sent = kept(HEAD, history, [], limit=estimate(HEAD[0]) + 3 * one)
    assert sent == [*HEAD, *history[-3:]]


def test_the_question_and_the_tool_rounds_stay_also_where_they_are_too_long() -> None:
    history = [message("user", "old"), message("assistant", "old"), message("user", "word " * 900)]
    rounds = [message("assistant", "calling"), message("tool", "output " * 900)]
    assert kept(HEAD, history, rounds, limit=10) == [*HEAD, history[-1], *rounds]


def test_the_question_stays_where_an_assistants_message_follows_it() -> None:
    history = [message("user", "old"), message("user", "question"), message("assistant", "hm")]
    assert kept([], history, [], limit=1) == history[1:]


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=200)), min_size=1),
    st.integers(1, 400),
)
def test_what_is_sent_is_the_end_of_the_thread_and_fits_or_can_not_be_less(
    turns: list[tuple[str, str]], limit: int
) -> None:
    history = [message(role, text) for role, text in turns]
    sent = kept([], history, [], limit=limit)
    assert sent == history[len(history) - len(sent) :]
    assert sent
    fits = sum(map(estimate, sent)) <= limit
    users = [n for n, turn in enumerate(history) if turn["role"] == "user"]
    least = len(history) - (users[-1] if users else len(history) - 1)
    assert fits or len(sent) == least
    if len(sent) < len(history) and fits:
        assert sum(map(estimate, history[-len(sent) - 1 :])) > limit


def test_pictures_and_calls_are_counted() -> None:
    text = message("user", "hello")
    picture: Any = {
        "role": "user",
        "content": [{"type": "text", "text": "hello"}, {"type": "image_url", "image_url": {}}],
    }
    call: Any = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"function": {"name": "f", "arguments": "x" * 350}}],
    }
    assert estimate(picture) > estimate(text) + 100
    assert estimate(call) > 100
