"""The assistants that a student can choose from, and their notes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableSequence, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studybuddy.chat.folders import PassedOver, folder_notes, unreadable
from studybuddy.chat.kept_notes import KeptNotes
from studybuddy.domain.assistant_ports import AssistantService
from studybuddy.domain.assistants import Assistant, AssistantSpec, Note, NoteStatus, Source
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.study.presets import PRESETS

_log = logging.getLogger(__name__)

AT_ONCE = 2
"""Files of a folder that are sent at the same time."""


@dataclass(frozen=True, slots=True)
class FolderProgress:
    """How far the adding of a folder has come; one for each change of one file."""

    path: Path
    """The file that this is about."""
    sent: int
    """Bytes of it that were sent."""
    size: int
    """Bytes of it in all."""
    done: int
    """Files that are through, failed ones included."""
    total: int
    """Files in all."""


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What became of a folder's files."""

    added: tuple[Note, ...] = ()
    failed: tuple[PassedOver, ...] = ()
    """Files that were sent or were to be, and why they can't be searched."""
    passed_over: tuple[PassedOver, ...] = ()
    """Files that were not tried, and why."""


class AssistantShelf:
    """The assistants on the server of the endpoint in use.

    The presets are made there where the server has no assistant at all, so a preset that the
    student deletes stays deleted for as long as any assistant is left.

    Raises:
        StudyBuddyError: (any method) where the server can't be asked, or refuses.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[AssistantService]],
        presets: Sequence[AssistantSpec] = PRESETS,
    ) -> None:
        """Take the way to the server of the endpoint in use."""
        self._connect = connect
        self._presets = tuple(presets)
        self._listed: tuple[Assistant, ...] = ()
        self._places = {spec.preset: place for place, spec in enumerate(presets)}
        self._one_at_a_time = asyncio.Lock()
        self._unmade: dict[str, list[AssistantSpec]] = {}
        """By endpoint: the presets still to be made; empty once that is done or not needed."""
        self._making: asyncio.Task[Assistant] | None = None
        """The last preset that was made, or is being made."""

    async def list(self) -> Sequence[Assistant]:
        """All assistants: presets first, in their order, then the others by name."""
        async with self._one_at_a_time:
            service = await self._connect()
            if self._making is not None:  # who waited for it was cancelled
                await asyncio.wait({self._making})
            found: Sequence[Assistant] = await service.assistants()
            where = service.endpoint.base_url
            if where not in self._unmade:
                self._unmade[where] = [] if found else list(self._presets)
            if unmade := self._unmade[where]:
                found = await self._make(service, unmade, found)
        self._listed = tuple(sorted(found, key=self._place))
        return self._listed

    async def _make(
        self,
        service: AssistantService,
        unmade: MutableSequence[AssistantSpec],
        found: Sequence[Assistant],
    ) -> Sequence[Assistant]:
        """Make the presets that are not there, one of each though other windows do so too."""
        while True:
            made = {assistant.spec.preset for assistant in found}
            unmade[:] = [spec for spec in unmade if spec.preset not in made]
            if not unmade:
                return found
            spec = unmade[0]
            self._making = asyncio.create_task(service.create_assistant(spec))
            self._making.add_done_callback(_looked_at)
            ours = await asyncio.shield(self._making)
            del unmade[0]  # also where the server does not say that it is one of ours
            found = await service.assistants()
            first = next((a for a in reversed(found) if a.spec.preset == spec.preset), ours)
            if first.id != ours.id:
                await service.delete_assistant(ours.id)
                found = [assistant for assistant in found if assistant.id != ours.id]

    def _place(self, assistant: Assistant) -> tuple[int, str, float]:
        spec = assistant.spec
        place = self._places.get(spec.preset, len(self._places))
        return place, spec.name.casefold(), assistant.created_at

    async def resolve(self, assistant_id: str, name: str = "") -> Assistant | None:
        """The assistant of that id, else of that name, else the first; `None` where there is none.

        Only a conversation that has no assistant yet (both empty) gets the first.
        """
        await self.list()
        return self.known(assistant_id, name)

    def known(self, assistant_id: str, name: str = "") -> Assistant | None:
        """The same among those that were listed last; nobody is asked."""
        assistants = self._listed
        for assistant in assistants:
            if assistant.id == assistant_id:
                return assistant
        for assistant in assistants:
            if name and assistant.spec.name == name:
                return assistant
        return assistants[0] if assistants and not assistant_id and not name else None

    async def create(self, spec: AssistantSpec) -> Assistant:
        """Make an assistant."""
        return await (await self._connect()).create_assistant(spec)

    async def update(self, assistant_id: str, spec: AssistantSpec) -> Assistant:
        """Change an assistant; its notes stay."""
        return await (await self._connect()).update_assistant(assistant_id, spec)

    async def duplicate(self, assistant: Assistant) -> Assistant:
        """Make another one like it, without its notes; it is the student's own, not a preset."""
        taken = {other.spec.name for other in await self.list()}
        name = free_name(assistant.spec.name, taken)
        return await self.create(replace(assistant.spec, name=name, preset=""))

    async def delete(self, assistant_id: str) -> None:
        """Delete an assistant with its notes."""
        await (await self._connect()).delete_assistant(assistant_id)

    async def notes(self, assistant_id: str) -> Sequence[Note]:
        """The assistant's notes by name."""
        notes = await (await self._connect()).notes(assistant_id)
        return sorted(notes, key=lambda note: note.name.casefold())

    async def add_note(
        self, assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        """Upload a file and have it indexed; `on_progress` gets bytes sent and bytes in all.

        Returns when it can be searched, or failed. Cancelling takes it back. A file that is there
        already is not sent again, and one that was changed takes the place of its older self;
        another one of the same name is added beside.
        """
        service = await self._connect()
        kept = KeptNotes(await service.notes(assistant_id))
        return await _add(service, assistant_id, path, on_progress, kept)

    async def add_folder(
        self, assistant_id: str, folder: Path, on_progress: Callable[[FolderProgress], None]
    ) -> FolderReport:
        """Add the files of a folder that can be searched, and go on after one that fails.

        Cancelling takes back the files under way and keeps those that are through. Files are known
        again as by `add_note`.
        """
        service = await self._connect()
        try:
            found = await asyncio.to_thread(folder_notes, folder)
        except OSError as error:
            reason = unreadable(error)
            raise StudyBuddyError(
                Problem(
                    ProblemKind.BAD_REQUEST,
                    f"The folder {folder.name or folder} can't be read: {reason}.",
                    "Check its path, and that you may open it.",
                )
            ) from error
        kept = KeptNotes(await service.notes(assistant_id))
        added: dict[Path, Note] = {}
        failed: dict[Path, str] = {}
        total = len(found.files)
        turns = asyncio.Semaphore(AT_ONCE)

        def tell(path: Path, sent: int, size: int) -> None:
            on_progress(FolderProgress(path, sent, size, len(added) + len(failed), total))

        async def add(path: Path) -> None:
            async with turns:
                size = 0

                def sending(sent: int, whole: int) -> None:
                    nonlocal size
                    size = whole
                    tell(path, sent, whole)

                try:
                    note = await _add(service, assistant_id, path, sending, kept)
                except StudyBuddyError as error:
                    _log.info("a note was not added: %s", error.problem.kind)
                    failed[path] = str(error.problem)
                except OSError as error:
                    failed[path] = unreadable(error)
                else:
                    if note.status is NoteStatus.COMPLETED:
                        added[path] = note
                    else:
                        failed[path] = note.error or "it could not be indexed"
                tell(path, size, size)

        async with asyncio.TaskGroup() as tasks:
            for path in found.files:
                tasks.create_task(add(path))
        return FolderReport(
            tuple(added[path] for path in found.files if path in added),
            tuple(PassedOver(path, failed[path]) for path in found.files if path in failed),
            found.passed_over,
        )

    async def remove_note(self, assistant_id: str, file_id: str) -> None:
        """Remove and delete one of the assistant's notes."""
        await (await self._connect()).remove_note(assistant_id, file_id)

    async def note_pages(self, assistant_id: str, thread_id: str, file_id: str) -> Sequence[str]:
        """The text of a note, page by page; joined, what `Citation.note_start` counts in."""
        return await (await self._connect()).note_pages(assistant_id, thread_id, file_id)


async def _add(
    service: AssistantService,
    assistant_id: str,
    path: Path,
    on_progress: Callable[[int, int], None],
    kept: KeptNotes,
) -> Note:
    """Add a file, unless it is there as it is; in place of its older self, where there is one."""
    try:
        source = await asyncio.to_thread(Source.of, path)
    except OSError:  # sending it will tell why
        return await service.add_note(assistant_id, path, on_progress)
    if (same := kept.same(source)) is not None:
        return same
    note = await service.add_note(assistant_id, path, on_progress)
    for old in kept.outdated(source):
        if note.status is NoteStatus.COMPLETED or old.status is note.status:
            await service.remove_note(assistant_id, old.file_id)
    return note


def _looked_at(task: asyncio.Task[Assistant]) -> None:
    """A failure that nobody waits for any more is none: the next list tries again."""
    if not task.cancelled():
        task.exception()


def free_name(name: str, taken: set[str]) -> str:
    """A name for a copy that none of `taken` has: "Tutor copy", "Tutor copy 2", …"""
    copy = f"{name} copy"
    number = 1
    while copy in taken:
        number += 1
        copy = f"{name} copy {number}"
    return copy
