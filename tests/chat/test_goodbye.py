"""What is said on leaving."""

from __future__ import annotations

from studybuddy.chat.goodbye import goodbye
from studybuddy.domain.accounts import Total
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Usage


def test_it_tells_what_the_session_has_used() -> None:
    total = Total(3, Usage(1200, 340), Cost(2_100_000, free=False), kept=1)
    assert goodbye("Anna", total) == (
        "Goodbye, Anna! This session: 3 requests · 1,200 tokens in, 340 out · $0.0021 · "
        "1 kept answer."
    )


def test_a_free_session_costs_nothing_and_failed_requests_are_not_paid() -> None:
    assert "free" in goodbye("", Total(1, Usage(10, 5), Cost(0, free=True)))
    assert goodbye("", Total(1, unbilled=1)).endswith("1 request · 0 tokens in, 0 out.")


def test_where_nothing_was_asked_it_is_short() -> None:
    assert goodbye("", Total()) == "Goodbye!"
    assert goodbye("Anna\n", Total()) == "Goodbye, Anna!"
