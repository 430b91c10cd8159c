"""Where answers come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class KeySource(StrEnum):
    """Where an endpoint's key was found."""

    NONE = "none"
    ENVIRONMENT = "environment"
    KEYCHAIN = "keychain"
    FILE = "file"
    GIVEN = "given"  # made or passed for this process only, such as the engine's token


class EndpointKind(StrEnum):
    """What stands behind an endpoint; it decides the advice in error messages."""

    BUILT_IN = "built-in"
    OPENAI = "openai"
    LOCAL = "local"  # a model server on this machine
    REMOTE = "remote"  # any other OpenAI-compatible server


BUILT_IN = "built-in"
"""The name of the endpoint that the engine serves with the built-in model."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL, a key and a model."""

    name: str
    base_url: str
    """With the version, without a trailing slash: `http://127.0.0.1:11434/v1`. Empty for the
    built-in endpoint while its engine is not running."""
    kind: EndpointKind
    model: str = ""
    """The model to ask; empty means the first one that the endpoint lists."""
    key: str = field(default="", repr=False)
    """Never shown, stored in settings, or logged."""
    key_source: KeySource = KeySource.NONE


@dataclass(frozen=True, slots=True)
class Model:
    """One model that an endpoint lists."""

    id: str
    owned_by: str = ""
    context_window: int | None = None
    """Tokens; `None` where the server does not say."""
    max_output: int | None = None
    """Tokens that an answer may have at most; `None` where the server does not say."""
    shutdown_date: str = ""
    """ISO date after which the endpoint no longer serves it; empty where not announced."""
