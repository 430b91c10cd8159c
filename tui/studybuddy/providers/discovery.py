"""Finds the model servers that run on this machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from studybuddy.domain.default_model import default_of
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.providers.addresses import LOCAL_SERVERS
from studybuddy.providers.models import listed_models

if TYPE_CHECKING:
    import httpx2

PROBE_SECONDS = 0.4
"""How long a server may take to list its models."""
_LONGEST_LIST = 1024 * 1024


async def discover(
    ports: Mapping[int, str] = LOCAL_SERVERS, seconds: float = PROBE_SECONDS
) -> list[Endpoint]:
    """The servers that list at least one model, in the order of `ports`.

    Args:
        ports: port on loopback to the name of the program that usually listens there.
        seconds: how long connecting, and then answering, may take.
    """
    open_ports = await asyncio.gather(*(_is_open(port, seconds) for port in ports))
    candidates = [port for port, is_open in zip(ports, open_ports, strict=True) if is_open]
    if not candidates:
        return []  # as on most machines, and the HTTP client is not imported for it
    client = await asyncio.to_thread(_make_client)
    async with client:
        found = await asyncio.gather(
            *(_probe(client, port, ports[port], seconds) for port in candidates)
        )
    return [endpoint for endpoint in found if endpoint is not None]


def _make_client() -> httpx2.AsyncClient:
    import httpx2

    return httpx2.AsyncClient(trust_env=False)


async def _is_open(port: int, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # TimeoutError is one
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _probe(
    client: httpx2.AsyncClient, port: int, program: str, seconds: float
) -> Endpoint | None:
    import httpx2

    base_url = f"http://127.0.0.1:{port}/v1"
    body = bytearray()
    try:
        async with asyncio.timeout(seconds), client.stream("GET", f"{base_url}/models") as response:
            if response.status_code != httpx2.codes.OK:
                return None
            async for data in response.aiter_bytes():
                body += data
                if len(body) > _LONGEST_LIST:
                    return None
    except (TimeoutError, httpx2.HTTPError):
        return None
    models = listed_models(bytes(body))
    if not models:
        return None
    chat = default_of([model.id for model in models])
    return Endpoint(program.lower().replace(" ", "-"), base_url, EndpointKind.LOCAL, chat)
