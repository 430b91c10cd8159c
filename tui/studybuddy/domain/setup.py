"""The seam to what can be set up for the student: endpoints, keys, weights and settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from studybuddy.domain.endpoints import Endpoint

if TYPE_CHECKING:
    from studybuddy.domain.settings import Settings


@dataclass(frozen=True, slots=True)
class WeightsOffer:
    """What fetching the built-in model's weights would mean."""

    name: str
    """The model, as a person would call it."""
    size: int
    """Bytes to fetch."""
    licence: str
    folder: str
    """Where the file would lie."""


class Setup(Protocol):
    """What the app can set up for the student: endpoints, keys, weights and settings."""

    async def discover(self) -> Sequence[Endpoint]:
        """Model servers that run on this machine right now."""
        ...

    def configured(self) -> Sequence[Endpoint]:
        """The endpoints that can be used as they are, the built-in one first."""
        ...

    async def keep_key(self, key: str) -> Endpoint:
        """Store an OpenAI key, and return the endpoint that uses it.

        Raises:
            StudyBuddyError: where it can be stored nowhere.
        """
        ...

    async def remember(self, endpoint: Endpoint) -> None:
        """Use this endpoint and model from the next start on.

        Raises:
            StudyBuddyError: where the settings can't be written.
        """
        ...

    async def set(self, key: str, value: object) -> None:
        """Write one setting.

        Raises:
            StudyBuddyError: where the settings can't be written.
        """
        ...

    async def read(self) -> Settings:
        """The settings as their file has them by now; one with a mistake has its default.

        Raises:
            StudyBuddyError: where the file can't be read.
        """
        ...

    def wrong(self, place: Sequence[str], value: object) -> str:
        """What is wrong with a value for a setting, as a sentence; empty for nothing.

        `place` is its name with the tables it is in, such as ("limits", "context").
        """
        ...

    async def change(self, place: Sequence[str], value: object, seen: Settings) -> Settings:
        """Write one setting, `None` to take it out, and return the settings as they are then.

        Raises:
            StudyBuddyError: where it can't be written, or the file says something else there by
                now than the settings that were `seen`; it stays as it is then.
        """
        ...

    def weights_offer(self) -> WeightsOffer | None:
        """What would have to be fetched before the built-in model can answer; `None` if nothing.

        Raises:
            StudyBuddyError: where fetching would not help, such as a missing runtime.
        """
        ...

    async def fetch_weights(self, on_progress: Callable[[int, int], None]) -> None:
        """Fetch the weights; `on_progress` gets bytes done and bytes in all. Cancelling cleans up.

        Raises:
            StudyBuddyError: where that fails; a retry starts afresh.
        """
        ...
