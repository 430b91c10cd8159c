"""SDK clients as this app wants them."""

from __future__ import annotations

import httpx2
import openai
from openai import AsyncOpenAI

from studybuddy.domain.endpoints import Endpoint, EndpointKind

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
"""Longest time without a byte before a request is given up."""
LOCAL_SILENCE_SECONDS = 300.0
"""The same for servers on this machine: most are silent while they load a model and while they
read a prompt, and thousands of tokens take a slow machine minutes."""
ENGINE_SILENCE_SECONDS = 120.0
"""The same for the app's own engine, which gives a sign of life every few seconds."""


def timeout_for(kind: EndpointKind) -> httpx2.Timeout:
    """How long to wait for an endpoint of this kind."""
    silences = {
        EndpointKind.LOCAL: LOCAL_SILENCE_SECONDS,
        EndpointKind.BUILT_IN: ENGINE_SILENCE_SECONDS,
    }
    return httpx2.Timeout(silences.get(kind, SILENCE_SECONDS), connect=CONNECT_SECONDS)


def headers_for(endpoint: Endpoint) -> dict[str, openai.Omit]:
    """Headers for each request: no `Authorization` where there is no key."""
    return {} if endpoint.key else {"Authorization": openai.Omit()}


def make_client(endpoint: Endpoint, timeout: httpx2.Timeout | None = None) -> AsyncOpenAI:
    """A client for one endpoint, with what it imports late already imported.

    It does not retry. Of the SDK's environment variables only those that name the organization
    and the project are heeded, and only for OpenAI: nobody else is told an OpenAI credential.
    Servers on this machine are reached without the proxies that the environment names. `timeout`
    is by default what `timeout_for` gives.
    """
    timeout = timeout or timeout_for(endpoint.kind)
    on_this_machine = endpoint.kind in (EndpointKind.LOCAL, EndpointKind.BUILT_IN)
    client = AsyncOpenAI(
        base_url=endpoint.base_url,
        # In place of none, for which the SDK would take the environment's; it is never sent.
        api_key=endpoint.key or "none",
        admin_api_key="",
        max_retries=0,
        timeout=timeout,
        http_client=openai.DefaultAsyncHttpxClient(
            base_url=endpoint.base_url,
            timeout=timeout,
            trust_env=not on_this_machine,
            auth=None if endpoint.key else _without_key,
        ),
    )
    if endpoint.kind is not EndpointKind.OPENAI:
        client.organization = None
        client.project = None
    _ = client.chat.completions.with_streaming_response, client.models.with_raw_response
    return client


def _without_key(request: httpx2.Request) -> httpx2.Request:
    """The request without the stand-in for a key, also where `headers_for` was not heeded."""
    request.headers.pop("Authorization", None)
    return request
