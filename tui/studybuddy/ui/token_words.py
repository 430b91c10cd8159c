"""Tokens and money in words, as the screens about them say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.domain.money import Cost
    from studybuddy.domain.usage import Usage


def usage_words(usage: Usage, between: str = " · ") -> str:
    """Tokens by kind: "1,204 in (1,024 cached, 64 written) · 243 out (128 reasoning)"."""
    into = [(usage.cached, "cached"), (usage.cache_written, "written")]
    return (
        f"{usage.prompt:,} in{_inside(into)}{between}"
        f"{usage.completion:,} out{_inside([(usage.reasoning, 'reasoning')])}"
    )


def _inside(parts: list[tuple[int, str]]) -> str:
    told = ", ".join(f"{tokens:,} {what}" for tokens, what in parts if tokens)
    return f" ({told})" if told else ""


def short(number: float) -> str:
    """A number for an axis: "0", "950", "1.2k", "12k", "3.4M"."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            digits = 0 if number >= 10 * size or number % size == 0 else 1
            return f"{number / size:.{digits}f}{letter}"
    return f"{number:.0f}"


def sending_words(sending: Cost, longest: Cost | None) -> str:
    """What sending now costs, in a sentence or two."""
    if sending.free:
        return "Sending is free: this model costs nothing."
    if sending.unpriced:
        return "Nobody knows what this model costs: requests to it are unpriced."
    words = f"Sending now: {sending}"
    if longest is None or longest.unpriced:
        return words
    return f"{words} · longest answer: +{longest}"


def many(number: int, what: str) -> str:
    """A number of things: "1 request", "1,204 requests"."""
    return f"{number:,} {plural(number, what)}"


def plural(number: int, what: str) -> str:
    """What there is so many of: "request", "requests"."""
    return what if number == 1 else f"{what}s"
