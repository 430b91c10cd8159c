"""What a run's loop writes down: each write one transaction that fails where the run is not its
own any more, and is told to those who listen once it is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from studybuddy.domain.usage import Usage
from studybuddy.engine.objects import Assistant, File, Message, Run, RunStep, Thread, now
from studybuddy.engine.runs.broadcast import Broadcast, Told
from studybuddy.engine.runs.notes import StepNote, read_note, usage_sum
from studybuddy.engine.runs.transitions import begun
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.store.store import Store
from studybuddy.engine.threads.settings import EFFORT


class TakenAway(Exception):
    """The run was cancelled, has expired, or was deleted: its loop has nothing more to do."""


@dataclass(frozen=True, slots=True)
class Put:
    """An object to store."""

    thing: Message | RunStep
    events: tuple[str, ...] = ()
    """Names of events that tell it."""
    note: Mapping[str, Any] | None = None
    new: bool = False
    shown: Message | RunStep | None = None
    """What the events show, where that is not the object itself."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that a run's next request depends on, at one moment."""

    run: Run
    upstream: str
    """Name of the upstream that serves the run; empty for the default."""
    effort: str | None
    """How much the model is to reason; `None` for as much as it does by itself."""
    assistant: Assistant | None
    thread: Thread
    history: list[Message]
    """Of the thread as the run found it, oldest first."""
    file_names: dict[str, str]
    """Of attached files, by id."""
    said: dict[str, Message]
    """Messages of the run itself, by id."""
    steps: list[tuple[RunStep, StepNote]]
    """Of the run, oldest first."""

    @property
    def usage(self) -> Usage:
        """Of the run so far."""
        return usage_sum([step.usage or note.usage for step, note in self.steps])


@dataclass(frozen=True, slots=True)
class _History:
    messages: list[Message]
    file_names: dict[str, str]


class Ledger:
    """The stored side of one run."""

    def __init__(self, store: Store, broadcast: Broadcast, run: Run) -> None:
        """Write down what happens to `run`."""
        self._store = store
        self._broadcast = broadcast
        self.run_id = run.id
        self.thread_id = run.thread_id
        self.assistant_id = run.assistant_id
        self._history: _History | None = None

    async def claim(self) -> Run:
        """Take the run into progress; one that is already is being resumed.

        Raises:
            TakenAway: where it is neither.
        """

        def work(objects: Objects) -> tuple[Run, bool]:
            run = objects.get(Run, self.run_id, parent=self.thread_id)
            if run is None or run.status not in ("queued", "in_progress"):
                raise TakenAway
            if run.status == "in_progress":
                return run, False
            run = begun(run, now())
            objects.update(run)
            return run, True

        run, is_new = await self._store.write(work)
        if is_new:
            self._broadcast.tell(Told("thread.run.in_progress", run))
        return run

    async def look(self) -> Look:
        """The run, its thread and its steps as they are now.

        Raises:
            TakenAway: where the run is not in progress.
        """
        return await self._store.read(self._look)

    async def put(self, *puts: Put, change: Callable[[Run], Run] | None = None) -> Run:
        """Store objects and a change of the run together, then tell them in that order.

        Raises:
            TakenAway: where the run is not in progress.
        """

        def work(objects: Objects) -> Run:
            run = self._own(objects)
            for put in puts:
                if put.new:
                    objects.insert(put.thing, note=put.note)
                else:
                    objects.update(_as_client_has_it(objects, put.thing), note=put.note)
            if change is not None:
                run = change(run)
                objects.update(run)
            return run

        run = await self._store.write(work)
        for put in puts:
            for event in put.events:
                self._broadcast.tell(Told(event, put.shown or put.thing))
            if not put.events and isinstance(put.thing, RunStep):
                self._broadcast.touch()
        if change is not None:
            self._broadcast.tell(Told(f"thread.run.{run.status}", run))
        return run

    def _own(self, objects: Objects) -> Run:
        run = objects.get(Run, self.run_id, parent=self.thread_id)
        if run is None or run.status != "in_progress":
            raise TakenAway
        return run

    def _look(self, objects: Objects) -> Look:
        run = self._own(objects)
        thread = objects.get(Thread, self.thread_id)
        if thread is None:
            raise TakenAway
        if self._history is None:  # nothing is added to it while a run holds the thread
            self._history = _history(objects, run)
        note = objects.note(run)
        noted = objects.noted(RunStep, parent=self.run_id)
        steps = [(step, read_note(note)) for step, note in noted]
        return Look(
            run=run,
            upstream=str(note.get("upstream", "")),
            effort=note.get(EFFORT),
            assistant=objects.get(Assistant, self.assistant_id),
            thread=thread,
            history=self._history.messages,
            file_names=self._history.file_names,
            said=_said(objects, [step for step, _ in steps]),
            steps=steps,
        )


def _as_client_has_it(objects: Objects, thing: Message | RunStep) -> Message | RunStep:
    """A message with the metadata that it may have been given meanwhile."""
    stored = objects.get(Message, thing.id) if isinstance(thing, Message) else None
    return thing if stored is None else structs.replace(thing, metadata=stored.metadata)


def _history(objects: Objects, run: Run) -> _History:
    messages = [
        message
        for message in objects.all(Message, parent=run.thread_id)
        if message.run_id != run.id
    ]
    return _History(messages, _file_names(objects, messages))


def _said(objects: Objects, steps: list[RunStep]) -> dict[str, Message]:
    ids = (
        step.step_details["message_creation"]["message_id"]
        for step in steps
        if step.type == "message_creation"
    )
    messages = (objects.get(Message, id) for id in ids)
    return {message.id: message for message in messages if message is not None}


def _file_names(objects: Objects, messages: list[Message]) -> dict[str, str]:
    ids = {
        attached["file_id"]
        for message in messages
        for attached in message.attachments or ()
        if isinstance(attached.get("file_id"), str)
    }
    files = (objects.get(File, id) for id in ids)
    return {file.id: file.filename for file in files if file is not None}
