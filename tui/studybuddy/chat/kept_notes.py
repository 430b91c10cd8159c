"""Which files an assistant has as notes already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from studybuddy.domain.assistants import Note, NoteStatus


class KeptNotes:
    """The notes there were before some files are added; each stands for one file."""

    def __init__(self, notes: Sequence[Note]) -> None:
        """Take the notes; those that are still being indexed stand for no file."""
        self._by_name: dict[str, list[Note]] = defaultdict(list)
        for note in notes:
            if note.status is not NoteStatus.IN_PROGRESS:
                self._by_name[note.name].append(note)

    def same(self, path: Path) -> Note | None:
        """The note that is this very file, as far as name, size and time tell; blocking.

        Raises:
            OSError: where the file can't be read.
        """
        state = path.stat()
        for note in self._by_name[path.name]:
            unchanged = note.size == state.st_size and state.st_mtime < note.created_at
            if unchanged and note.status is NoteStatus.COMPLETED:
                self._by_name[path.name].remove(note)
                return note
        return None

    def outdated(self, path: Path) -> Note | None:
        """The note that this file is to replace: the only one of its name."""
        found = self._by_name[path.name]
        return found.pop() if len(found) == 1 else None
