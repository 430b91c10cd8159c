"""What can go wrong, each with a sentence for the student."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """The causes that the app tells apart."""

    NO_CONNECTION = "no_connection"
    DNS = "dns"
    TLS = "tls"
    TIMEOUT = "timeout"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NO_MODEL = "no_model"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    BAD_REQUEST = "bad_request"
    CONTEXT_OVERFLOW = "context_overflow"
    CONTENT_FILTER = "content_filter"
    SERVER_ERROR = "server_error"
    CUT_OFF = "cut_off"
    MALFORMED = "malformed"
    EMPTY = "empty"
    ENGINE = "engine"
    NO_WEIGHTS = "no_weights"
    STORAGE = "storage"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, told so that the student knows what to do."""

    kind: ProblemKind
    sentence: str
    """What happened, in one plain sentence."""
    advice: str = ""
    """What to do about it, in one plain sentence."""
    transient: bool = False
    """Whether the same request may well succeed a little later; only these are retried."""
    retry_after: float | None = None
    """Seconds the server asked to wait; `None` where it did not say."""
    prompt_tokens: int | None = None
    """For CONTEXT_OVERFLOW, the request's, where the server told them."""
    context_tokens: int | None = None
    """For CONTEXT_OVERFLOW, the model's context window, where the server told it."""

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}".strip()


SHOWN_OTHERWISE = Problem(
    ProblemKind.BAD_REQUEST,
    "Another window of StudyBuddy shows another branch of this conversation, or deleted some.",
    "Look at it again, and choose there what to ask.",
)
"""Where something is to be done with a branch that is not the shown one any more."""


class StudyBuddyError(Exception):
    """Raised at the edges with a problem that can be shown as it is."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
