"""Counting tokens: the seam to the tokenizers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import Role
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.usage import Count

MARGIN = 0.1
"""Share by which an estimate may be too low, whoever counts; that much of the room is kept free."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a text."""

    id: int
    data: bytes
    """Its bytes in UTF-8; a character may be spread over several tokens."""


class DraftCounter(Protocol):
    """Counts the text that is being written, for one model, as it changes."""

    def changed(self, lines: Sequence[str]) -> Count:
        """The tokens of the text with these lines, which are joined by line feeds.

        Made for the key path: at most 2 ms, whatever the length. What was not counted yet and
        would take longer, such as a long paste, is estimated until `settle` has counted it.
        """
        ...

    async def settle(self) -> Count:
        """Count what `changed` left estimated, off the event loop, and return the whole."""
        ...


class TokenCounter(Protocol):
    """Counts tokens. Safe from several threads; slow at first use, so it is off the key path."""

    def count(self, text: str, model: str) -> Count:
        """Tokens of a text."""
        ...

    def count_message(self, role: Role, text: str, model: str) -> Count:
        """Prompt tokens of one message, with what the chat format adds to each."""
        ...

    def priming(self, model: str) -> Count:
        """Prompt tokens that a request has beside its messages."""
        ...

    def count_request(self, messages: Sequence[tuple[Role, str]], model: str) -> Count:
        """Prompt tokens of a whole request: its messages and the priming."""
        ...

    def draft(self, model: str) -> DraftCounter:
        """A counter for the draft; making one loads nothing and is quick."""
        ...

    def tokens(self, text: str, encoding: str) -> Sequence[Token]:
        """The tokens of a text in an encoding such as "o200k_base".

        Raises:
            StudyBuddyError: where the encoding is not installed.
        """
        ...

    def encoding_of(self, model: str) -> tuple[str, bool]:
        """Name of the encoding that counts for a model, and whether it is the model's own."""
        ...

    def encodings(self) -> Sequence[str]:
        """Names of the encodings that are installed, the latest first."""
        ...

    def margin(self, model: str, texts: Sequence[str]) -> float:
        """Share by which an estimate for a request of these texts may be too low."""
        ...

    def learn(self, model: str, messages: Sequence[tuple[Role, str]], reported: int) -> None:
        """Take in how many prompt tokens the endpoint reported of a request.

        Where counts for the model are estimates, later ones become better by it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Correction:
    """What endpoints reported of requests to one model, beside how they were counted here."""

    observations: tuple[tuple[int, int], ...] = ()
    """Prompt tokens counted and reported, the oldest first; a few dozen at most."""


class EstimateStore(Protocol):
    """Corrections on disk, so that estimates are good from the first one on.

    Raises:
        StudyBuddyError: (any method) where the disk fails, with a STORAGE problem.
    """

    async def estimates(self) -> Mapping[str, Correction]:
        """All corrections, by model."""
        ...

    async def keep_estimate(self, model: str, correction: Correction) -> None:
        """Write a model's correction in place of the one before."""
        ...


class PriceBook(Protocol):
    """What models cost and hold. Slow at first use; safe from several threads."""

    def facts(self, endpoint: Endpoint, model: str) -> ModelFacts:
        """What is known of a model at an endpoint; empty facts where nothing is."""
        ...
