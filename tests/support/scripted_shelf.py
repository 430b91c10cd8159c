"""The assistants and notes of the scripted server, in memory."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from studybuddy.domain.assistants import Assistant, AssistantSpec, Note, NoteStatus, Source
from studybuddy.domain.messages import new_id
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

GONE = Problem(ProblemKind.NOT_FOUND, "It is gone on the server.")


class ScriptedShelf:
    """The part of `ScriptedAssistants` that has assistants and notes, and counts the calls."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.down: Problem | None = None
        self.failures: defaultdict[str, deque[Problem]] = defaultdict(deque)
        self.unreadable: dict[str, str] = {}
        self.requests: list[str] = []
        """Names of the methods called, oldest first."""
        self.shelf: dict[str, Assistant] = {}
        self.pages: dict[str, Sequence[str]] = {}
        """File id to its text."""
        self._notes: defaultdict[str, dict[str, Note]] = defaultdict(dict)
        self._clock = clock

    def put(self, spec: AssistantSpec, assistant_id: str = "") -> Assistant:
        """Have an assistant without a request."""
        assistant = Assistant(assistant_id or f"asst_{new_id()}", spec, (), self._clock())
        self.shelf[assistant.id] = assistant
        return assistant

    def forget_source(self, assistant_id: str, file_id: str) -> None:
        """Have a note as another client would have made it."""
        notes = self._notes[assistant_id]
        notes[file_id] = replace(notes[file_id], source="", modified=0.0)

    async def assistants(self) -> Sequence[Assistant]:
        self._called("assistants")
        return list(reversed(self.shelf.values()))

    async def create_assistant(self, spec: AssistantSpec) -> Assistant:
        self._called("create_assistant")
        return self.put(spec)

    async def update_assistant(self, assistant_id: str, spec: AssistantSpec) -> Assistant:
        self._called("update_assistant")
        self.shelf[assistant_id] = replace(self._assistant(assistant_id), spec=spec)
        return self.shelf[assistant_id]

    async def delete_assistant(self, assistant_id: str) -> None:
        self._called("delete_assistant")
        self.shelf.pop(assistant_id, None)

    async def notes(self, assistant_id: str) -> Sequence[Note]:
        self._called("notes")
        self._assistant(assistant_id)
        return list(reversed(self._notes[assistant_id].values()))

    async def add_note(
        self, assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        self._called("add_note")
        self._assistant(assistant_id)
        try:
            content, source = _content(path), Source.of(path)
        except OSError as caught:
            told = Problem(ProblemKind.STORAGE, f"{path.name} can't be read: {caught.strerror}.")
            raise StudyBuddyError(told) from None
        size = len(content)
        on_progress(0, size)
        await asyncio.sleep(0)
        on_progress(size, size)
        note = Note(
            f"file_{new_id()}",
            path.name,
            size,
            NoteStatus.COMPLETED,
            created_at=time.time(),
            source=source.name,
            modified=source.modified,
        )
        if (error := self.unreadable.get(path.name)) is not None:
            note = replace(note, status=NoteStatus.FAILED, error=error)
        else:
            self.pages[note.file_id] = [content.decode(errors="replace")]
        self._notes[assistant_id][note.file_id] = note
        return note

    async def remove_note(self, assistant_id: str, file_id: str) -> None:
        self._called("remove_note")
        self._notes[assistant_id].pop(file_id, None)
        self.pages.pop(file_id, None)

    async def note_pages(self, assistant_id: str, thread_id: str, file_id: str) -> Sequence[str]:
        self._called("note_pages")
        if file_id not in self.pages:
            raise StudyBuddyError(GONE)
        return self.pages[file_id]

    def _called(self, method: str) -> None:
        self.requests.append(method)
        if self.down is not None:
            raise StudyBuddyError(self.down)
        if self.failures[method]:
            raise StudyBuddyError(self.failures[method].popleft())

    def _assistant(self, assistant_id: str) -> Assistant:
        if assistant_id not in self.shelf:
            raise StudyBuddyError(GONE)
        return self.shelf[assistant_id]


def _content(path: Path) -> bytes:
    return path.read_bytes()
