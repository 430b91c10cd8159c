"""Which files an assistant has as notes already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from studybuddy.domain.assistants import Note, NoteStatus, Source


class KeptNotes:
    """The notes there were before some files are added, by the files that they were made from.

    Notes that are still being indexed, or were made elsewhere, stand for no file: a file of the
    same name is added beside them.
    """

    def __init__(self, notes: Sequence[Note]) -> None:
        self._by_source: dict[str, list[Note]] = defaultdict(list)
        for note in notes:
            if note.source and note.status is not NoteStatus.IN_PROGRESS:
                self._by_source[note.source].append(note)

    def same(self, source: Source) -> Note | None:
        """The note that has the file as it is now."""
        for note in self._by_source[source.name]:
            unchanged = (note.size, note.modified) == (source.size, source.modified)
            if unchanged and note.status is NoteStatus.COMPLETED:
                return note
        return None

    def outdated(self, source: Source) -> Sequence[Note]:
        """The notes that were made from the file before; they are told once."""
        return self._by_source.pop(source.name, ())
