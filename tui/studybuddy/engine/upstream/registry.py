"""The upstreams that one engine knows: its own, and those that an app registered by name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from studybuddy.engine.asking.port import Asker
from studybuddy.engine.names import ModelNames
from studybuddy.engine.upstream.port import Upstream

_log = logging.getLogger(__name__)

LINGER = 30 * 60.0
"""Seconds for which a replaced upstream is kept: longer than runs and completions last."""

DEFAULT = ""
"""The name of the engine's own upstream."""


@dataclass(frozen=True, slots=True)
class Served:
    """An upstream with what asks it."""

    upstream: Upstream
    names: ModelNames
    asker: Asker


@dataclass(frozen=True, slots=True)
class Address:
    """Where an upstream answers; the key is kept in memory only."""

    base_url: str = field(repr=False)
    """With the version, such as `http://127.0.0.1:11434/v1`; it may hold a password."""
    key: str = field(default="", repr=False)
    model: str = ""
    """For requests that name none, or one that there is not; empty for the first listed."""


class Upstreams:
    """Upstreams by name."""

    def __init__(
        self,
        default: Served,
        connect: Callable[[Address], Served],
        *,
        is_open: bool = True,
        linger: float = LINGER,
    ) -> None:
        """Take the engine's own upstream.

        Args:
            default: answers where no name is given.
            connect: makes an upstream of an address; nothing is sent by it.
            is_open: whether more may be registered; only an engine that serves no one but its
                student's apps should go wherever it is told to.
            linger: seconds after which the connections of a replaced one are closed.
        """
        self.is_open = is_open
        self._connect = connect
        self._served = {DEFAULT: default}
        self._addresses: dict[str, Address] = {}
        self._linger = linger
        self._replaced: dict[asyncio.Task[None], Upstream] = {}

    def get(self, name: str) -> Served | None:
        """The upstream of that name, the engine's own for an empty one; `None` for others."""
        return self._served.get(name)

    async def register(self, name: str, base_url: str, key: str = "", model: str = "") -> None:
        """Make an upstream known by a name, in place of the one that had it.

        What still runs on the earlier one goes on. The same once more changes nothing.
        """
        address = Address(base_url.rstrip("/"), key, model)
        if not name:
            raise ValueError("the engine's own upstream is not replaced")
        if self._addresses.get(name) == address:
            return
        served = await asyncio.to_thread(self._connect, address)  # loading certificates is slow
        if (old := self._served.get(name)) is not None:
            self._retire(old.upstream)
        self._addresses[name] = address
        self._served[name] = served
        await served.upstream.start()

    async def start(self) -> None:
        """Begin what the engine's own upstream has to begin."""
        await self._served[DEFAULT].upstream.start()

    async def close(self) -> None:
        """Let go of all upstreams, the engine's own too."""
        for waiting in self._replaced:
            waiting.cancel()
        await asyncio.gather(*self._replaced, return_exceptions=True)
        upstreams = [served.upstream for served in self._served.values()]
        upstreams += self._replaced.values()
        await asyncio.gather(*(upstream.close() for upstream in upstreams))
        self._replaced.clear()

    def _retire(self, upstream: Upstream) -> None:
        """Close an upstream once nothing can run on it any more."""

        async def work() -> None:
            await asyncio.sleep(self._linger)
            del self._replaced[waiting]
            await upstream.close()

        waiting = asyncio.create_task(work())
        waiting.add_done_callback(_log_failure)  # nobody awaits it
        self._replaced[waiting] = upstream


def _log_failure(closing: asyncio.Task[None]) -> None:
    if not closing.cancelled() and (error := closing.exception()) is not None:
        _log.error("an upstream that was replaced could not be closed", exc_info=error)
