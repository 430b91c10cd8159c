"""How endpoints are called in sentences."""

from __future__ import annotations

from urllib.parse import urlsplit

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.providers.addresses import LOCAL_SERVERS, origin


def who(endpoint: Endpoint, *, start: bool = False) -> str:
    """What to call an endpoint; `start` is for the beginning of a sentence."""
    if endpoint.kind is EndpointKind.OPENAI:
        return "OpenAI"
    if endpoint.kind is EndpointKind.BUILT_IN:
        return "The built-in model" if start else "the built-in model"
    if endpoint.kind is EndpointKind.LOCAL:
        program = program_of(endpoint)
        where = origin(endpoint.base_url)
        if program:
            return f"{program} at {where}"
        return f"{'The' if start else 'the'} server at {where}"
    return urlsplit(endpoint.base_url).hostname or endpoint.name


def program_of(endpoint: Endpoint) -> str:
    """The program that usually listens on the endpoint's port; empty where none is known."""
    port = urlsplit(endpoint.base_url).port
    return LOCAL_SERVERS.get(port, "") if port is not None else ""
