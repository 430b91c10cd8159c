"""SDK clients for the Assistants API."""

from __future__ import annotations

import warnings

from openai import AsyncOpenAI

from studybuddy.domain.endpoints import Endpoint
from studybuddy.providers.clients import make_client

_WARNINGS = r"deprecated$|The Assistants API is deprecated"


def make_sdk(endpoint: Endpoint) -> AsyncOpenAI:
    """A client with what it imports late already imported; slow, so call it in a thread.

    The SDK warns at each call that OpenAI has ended this API, which is why the engine serves it:
    these words of its own calls are not shown any more.
    """
    warnings.filterwarnings("ignore", _WARNINGS, DeprecationWarning, r"openai\.")
    client = make_client(endpoint)
    beta = client.beta
    _ = (
        beta.assistants.with_raw_response,
        beta.threads.with_raw_response,
        beta.threads.messages.with_raw_response,
        beta.threads.runs.with_raw_response,
        beta.threads.runs.with_streaming_response,
        beta.threads.runs.steps.with_raw_response,
        client.files.with_raw_response,
        client.vector_stores.with_raw_response,
        client.vector_stores.files.with_raw_response,
    )
    return client
