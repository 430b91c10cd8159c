"""Which conversations a list shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Shelf(StrEnum):
    """Where a conversation is."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Place:
    """What a list is about."""

    shelf: Shelf = Shelf.ACTIVE
    folder: str | None = None
    """Only what is in this folder; empty for what is in none, `None` for all."""


EVERYTHING_ACTIVE = Place()
