"""Base URLs: read as people write them, and told apart."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit, urlunsplit

from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.text import harmless

OPENAI_URL = "https://api.openai.com/v1"

LOCAL_SERVERS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 8000: "vLLM"}
"""The ports on which model servers listen unless told otherwise."""

_RESOURCES = ("/chat/completions", "/completions", "/models", "/chat")


def normal_url(text: str) -> str:
    """The base URL that somebody meant: trimmed, with `/v1` where there was no path.

    Raises:
        StudyBuddyError: (SETTINGS) where it can't be one.
    """
    text = text.strip()
    if "://" not in text:
        likely_local = text.startswith(("localhost", "127.", "0.0.0.0", "[::1]"))
        raise _bad(
            text, f"Write it as {'http' if likely_local else 'https'}://{_shown(text) or '…'}"
        )
    if any(c.isspace() or not c.isprintable() for c in text):
        raise _bad(text, "Take the spaces out of it")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _bad(text, "Check the host and the port") from None
    if parts.scheme not in ("http", "https"):
        raise _bad(text, "It has to begin with http:// or https://")
    if not host or port == 0:
        raise _bad(text, "Check the host and the port")
    if parts.username is not None:
        raise _bad(
            text,
            "Take what stands before the @ out of it, and give the key in OPENAI_API_KEY",
        )
    if parts.query or parts.fragment:
        raise _bad(text, "Leave out what follows ? or #")
    path = parts.path.rstrip("/")
    for resource in _RESOURCES:
        path = path.removesuffix(resource)
    return urlunsplit((parts.scheme, parts.netloc, path or "/v1", "", ""))


def kind_of(base_url: str) -> EndpointKind:
    """What stands behind a base URL, as far as the URL tells."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    if host == "api.openai.com" or host.endswith(".api.openai.com"):
        return EndpointKind.OPENAI
    if host == "localhost" or host.endswith(".localhost"):
        return EndpointKind.LOCAL
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return EndpointKind.REMOTE
    return (
        EndpointKind.LOCAL if address.is_loopback or address.is_unspecified else EndpointKind.REMOTE
    )


def name_of(base_url: str) -> str:
    """A short name for an endpoint that has none: the product's, or host and port."""
    kind = kind_of(base_url)
    if kind is EndpointKind.OPENAI:
        return "openai"
    parts = urlsplit(base_url)
    if kind is EndpointKind.LOCAL and parts.port in LOCAL_SERVERS:
        return LOCAL_SERVERS[parts.port].lower().replace(" ", "-")
    return parts.netloc


def origin(base_url: str) -> str:
    """Scheme, host and port, for telling."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _bad(text: str, advice: str) -> StudyBuddyError:
    return StudyBuddyError(
        Problem(
            ProblemKind.SETTINGS,
            f"“{_shown(text)}” is not the address of a model server.",
            f"{advice}; an example is http://127.0.0.1:11434/v1.",
        )
    )


def _shown(text: str) -> str:
    """An address without what may be a key: what stands before an @ or after a ?."""
    text = re.sub(r"[^/\s]*@", "…@", text).partition("?")[0].partition("#")[0]
    return harmless(text)[:100]
