"""Tokens as the endpoint reports them, or as they were counted."""

from __future__ import annotations

from dataclasses import dataclass

MOST_TOKENS = 10**12
"""Of one kind in one request; a server that tells of more is not to be believed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, in the API's own terms.

    `prompt` includes `cached` and `cache_written`, and `completion` includes `reasoning`, as in
    the `usage` object of Chat Completions. Servers may leave any of them out; what is missing
    is 0.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    """Prompt tokens that the server had in its prompt cache."""
    reasoning: int = 0
    cache_written: int = 0
    """Prompt tokens that the server put into its prompt cache, where that is billed."""

    @property
    def total(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt + self.completion

    def bounded(self) -> Usage:
        """The same in whole numbers from 0 to `MOST_TOKENS`, whatever a server told.

        So any number of them can be stored and added up.
        """
        return Usage(
            _bounded(self.prompt),
            _bounded(self.completion),
            _bounded(self.cached),
            _bounded(self.reasoning),
            _bounded(self.cache_written),
        )

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
            self.cache_written + other.cache_written,
        )


def _bounded(tokens: float) -> int:
    if not tokens > 0:  # "not a number" too
        return 0
    return int(min(tokens, MOST_TOKENS))


@dataclass(frozen=True, slots=True)
class Count:
    """A number of tokens, and whether it is what the model's own tokenizer gives."""

    tokens: int = 0
    exact: bool = True

    def __add__(self, other: Count) -> Count:
        return Count(self.tokens + other.tokens, self.exact and other.exact)

    def __str__(self) -> str:
        """The number as it is shown: "1,204", or "≈1,204" for an estimate."""
        return f"{'' if self.exact else '≈'}{self.tokens:,}"
