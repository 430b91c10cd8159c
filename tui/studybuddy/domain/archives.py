"""Conversations in files: written out, and read in again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of reading a file in."""

    conversations: int = 0
    """In the file."""
    added: int = 0
    """Of them, those that were not there before."""
    messages: int = 0
    """That were added, to conversations which were there before too."""
    complaints: tuple[str, ...] = ()
    """What could not be read, a sentence each."""
    newest_id: str = ""
    """Of the conversation of the file that was changed last; empty for none."""


class Archive(Protocol):
    """Files that keep all of a conversation: every branch, what was deleted, and its order.

    Raises:
        StudyBuddyError: (any method) where the file or the database fails, with a sentence that
            says which.
    """

    async def write(
        self,
        path: Path,
        conversation_ids: Sequence[str] | None = None,
        *,
        replace: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Write conversations as JSON, all that are not deleted for `None`; returns how many.

        A file appears when it is whole. One that is there by then is left unless `replace` is set.

        Raises:
            FileExistsError: where there is one; it has the path.
        """
        ...

    async def read(self, path: Path, progress: Callable[[int], None] | None = None) -> Imported:
        """Read a file of ours, or an export of ChatGPT, also as a zip; nothing is ever replaced.

        Where a later part of it can't be read, what came before stays, and a complaint says so.
        What is there already stays as it is: reading the same file twice adds nothing.
        """
        ...
