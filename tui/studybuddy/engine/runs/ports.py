"""What runs work with, and the limits they keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from studybuddy.engine.asking.port import Asker
from studybuddy.engine.search.passages import Passage
from studybuddy.engine.store.store import Store
from studybuddy.engine.tools.interpreter import CodeResult


class CodeRunner(Protocol):
    """Runs code in a session of a thread's own; `Interpreters` is one."""

    async def run(self, thread_id: str, code: str) -> CodeResult:
        """What the code printed, and what went wrong."""
        ...

    def knows(self, thread_id: str) -> bool:
        """Whether the thread has a session."""
        ...

    async def restore(self, thread_id: str, codes: Sequence[str]) -> None:
        """Make the thread's session again out of the code that it ran."""
        ...

    async def forget(self, thread_id: str) -> None:
        """End the thread's session."""
        ...

    async def close(self) -> None:
        """End all sessions."""
        ...


class PassageFinder(Protocol):
    """Finds passages in vector stores; `SearchIndex` is one."""

    async def search(
        self,
        store_ids: Sequence[str],
        query: str | Sequence[str],
        *,
        limit: int = 10,
        filters: Mapping[str, object] | None = None,
        score_threshold: float = 0,
    ) -> list[Passage]:
        """Passages, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a run; times in seconds."""

    lifetime: int = 600
    """From its creation until it expires."""
    calls: int = 128
    """Tool calls of one run."""
    corrections: int = 2
    """Rounds of calls in a row that the model may get wrong before the run fails."""
    tool: float = 120.0
    """For one call of a built-in tool."""
    indexing: float = 60.0
    """Wait for files that are still being indexed when a run begins."""
    journal: float = 0.5
    """Between two writes of a message that grows."""
    retries: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """Waits before each new try after a passing failure of the upstream."""
    storing: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    """Waits before each new try to store the end of a run."""
    patience: float = 180.0
    """For an upstream that says its model is still loading."""


async def _unknown(upstream: str, model: str) -> int | None:
    return None


async def _no_image(file_id: str) -> str | None:
    return None


async def _settled(store_ids: Collection[str]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class RunParts:
    """What runs work with."""

    store: Store
    asker_for: Callable[[str], Asker | None]
    """Who asks the upstream of that name, empty for the default; `None` where there is none."""
    interpreters: CodeRunner | None = None
    index: PassageFinder | None = None
    settled: Callable[[Collection[str]], Awaitable[None]] = _settled
    """Returns when no file of these vector stores is being indexed any more."""
    window_of: Callable[[str, str], Awaitable[int | None]] = _unknown
    """Tokens of one conversation, by upstream and model; `None` where it can't be told."""
    image_of: Callable[[str], Awaitable[str | None]] = _no_image
    """A stored picture as a data URL, by its file id; `None` where it is none."""
    limits: Limits = field(default_factory=Limits)
