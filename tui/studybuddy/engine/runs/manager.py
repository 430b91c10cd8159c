"""All runs of an engine: started, parked, cancelled, expired, and taken up again after a crash."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import not_found
from studybuddy.engine.objects import ACTIVE, Message, Run
from studybuddy.engine.runs import transitions
from studybuddy.engine.runs.broadcast import Broadcast, Listener, Told
from studybuddy.engine.runs.endings import Ending, end_early
from studybuddy.engine.runs.loop import RunLoop
from studybuddy.engine.runs.ports import RunParts
from studybuddy.engine.runs.recovery import recover
from studybuddy.engine.runs.submitting import Outputs, submit
from studybuddy.engine.runs.tasks import Desk, log_fault, stopped
from studybuddy.engine.store.objects import Objects

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Live:
    """A run that is not over."""

    run_id: str
    thread_id: str
    broadcast: Broadcast = field(default_factory=Broadcast)
    expiry: asyncio.TimerHandle | None = None
    loop: RunLoop | None = None
    task: asyncio.Task[None] | None = None
    """`None` while the run is parked."""


@dataclass(frozen=True, slots=True)
class Created:
    """What a transaction that creates a run made."""

    run: Run
    told: tuple[Told, ...] = ()
    """What else there is to tell, before the run itself."""


class RunManager:
    """Looks after the runs of one engine."""

    def __init__(self, parts: RunParts) -> None:
        """Prepare it; `open` begins."""
        self.parts = parts
        self._live: dict[str, _Live] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._desk = Desk()
        self._mark = secrets.token_hex(4)  # revisions begin anew with each engine

    async def open(self) -> None:
        """Take up what an earlier engine left, as `recovery` says; the store is open."""
        found = await self.parts.store.write(lambda objects: recover(objects, self.parts))
        for run in found.parked:
            self._enter(run)
        for run in found.resumed:
            self._begin(self._enter(run), run)
        if found.count:
            log.info(
                "runs of an earlier engine: %d resumed, %d waiting, %d ended",
                len(found.resumed),
                len(found.parked),
                found.count - len(found.resumed) - len(found.parked),
            )

    async def close(self) -> None:
        """Stop working; runs stay as they are stored, and are taken up by the next engine."""
        await self._desk.close()
        lives = list(self._live.values())
        self._live.clear()
        tasks = [live.task for live in lives if live.task is not None]
        for live in lives:
            if live.expiry is not None:
                live.expiry.cancel()
            live.broadcast.pause()
        for task in (*tasks, *self._chores):
            task.cancel()
        await asyncio.gather(*tasks, *self._chores, return_exceptions=True)
        if self.parts.interpreters is not None:
            await self.parts.interpreters.close()

    def busy(self) -> bool:
        """Whether a run is at work that waits for nobody."""
        return bool(self._chores) or any(
            live.task is not None and not live.task.done() for live in self._live.values()
        )

    async def create(
        self, work: Callable[[Objects], Created], *, listen: bool = False
    ) -> tuple[Run, Listener | None]:
        """Make a run in a transaction and start it.

        Args:
            work: makes and stores it, as `requests.run_from` does.
            listen: whether its events are wanted.
        """
        return await self._desk.whole(self._create(work, listen))

    async def submit(
        self, thread_id: str, run_id: str, outputs: Outputs, *, listen: bool = False
    ) -> tuple[Run, Listener | None]:
        """Give a parked run the outputs it waits for, and let it go on.

        Raises:
            ApiError: 404 where there is no such run, 400 where it waits for nothing, or for other
                outputs, or its upstream is not known now.
        """
        return await self._desk.whole(self._submit(thread_id, run_id, outputs, listen))

    async def cancel(self, thread_id: str, run_id: str) -> Run:
        """Begin to cancel a run, and return it as `cancelling`.

        Raises:
            ApiError: 404 where there is no such run, 400 where it is over.
        """
        return await self._desk.whole(self._cancel(thread_id, run_id))

    async def forget_thread(self, thread_id: str) -> None:
        """Stop what works on a thread that was deleted."""
        lives = [live for live in self._live.values() if live.thread_id == thread_id]
        for live in lives:
            self._leave(live)
            await stopped(live.task)
        if self.parts.interpreters is not None:
            await self.parts.interpreters.forget(thread_id)

    def revision(self, run_id: str) -> int | None:
        """Grows with each change of a run or its steps; `None` where it is over."""
        live = self._live.get(run_id)
        return live.broadcast.revision if live else None

    def etag(self, run: Run, revision: int | None) -> str:
        """The ETag of a run that was read at that revision or later, with its quotes."""
        state = f"{run.id} {run.status} {'' if revision is None else f'{self._mark} {revision}'}"
        return f'"{hashlib.sha256(state.encode()).hexdigest()[:16]}"'

    async def changed(self, run_id: str, since: int | None, seconds: float) -> None:
        """Return once a run has changed since that revision, or after some seconds."""
        live = self._live.get(run_id)
        if live is not None and since is not None:
            await live.broadcast.changed(since, seconds)

    def touch(self, run_id: str) -> None:
        """A run was changed by someone else."""
        if (live := self._live.get(run_id)) is not None:
            live.broadcast.touch()

    async def _create(
        self, work: Callable[[Objects], Created], listen: bool
    ) -> tuple[Run, Listener | None]:
        created = await self.parts.store.write(work)
        live = self._enter(created.run)
        listener = live.broadcast.listen() if listen else None
        states = ("thread.run.created", "thread.run.queued")
        live.broadcast.tell(*created.told, *(Told(state, created.run) for state in states))
        self._begin(live, created.run)
        return created.run, listener

    async def _submit(
        self, thread_id: str, run_id: str, outputs: Outputs, listen: bool
    ) -> tuple[Run, Listener | None]:
        run, step = await self.parts.store.write(
            lambda objects: submit(objects, self.parts, thread_id, run_id, outputs)
        )
        live = self._live.get(run_id) or self._enter(run)
        listener = live.broadcast.listen() if listen else None
        live.broadcast.tell(Told("thread.run.step.completed", step), Told("thread.run.queued", run))
        self._begin(live, run)
        return run, listener

    async def _cancel(self, thread_id: str, run_id: str) -> Run:
        def work(objects: Objects) -> Run:
            run = objects.get(Run, run_id, parent=thread_id)
            if run is None:
                raise not_found("run", run_id)
            try:
                run = transitions.cancelling(run)
            except transitions.IllegalTransition:
                raise invalid(f"Cannot cancel run with status '{run.status}'.", None) from None
            objects.update(run)
            return run

        run = await self.parts.store.write(work)
        live = self._live.get(run_id) or self._enter(run)
        live.broadcast.tell(Told("thread.run.cancelling", run))
        self._chore(self._end(live, "cancelled"))
        return run

    def _enter(self, run: Run) -> _Live:
        live = self._live[run.id] = _Live(run.id, run.thread_id)
        if run.expires_at is not None:
            wait = max(0.0, run.expires_at - time.time())
            live.expiry = asyncio.get_running_loop().call_later(
                wait, lambda: self._chore(self._end(live, "expired"))
            )
        return live

    def _leave(self, live: _Live) -> None:
        if live.expiry is not None:
            live.expiry.cancel()
        live.broadcast.touch()
        live.broadcast.pause()
        if self._live.get(live.run_id) is live:
            del self._live[live.run_id]

    def _begin(self, live: _Live, run: Run) -> None:
        live.loop = RunLoop(self.parts, live.broadcast, run)
        live.task = asyncio.create_task(self._work(live, live.loop), name=run.id)
        live.task.add_done_callback(log_fault)

    async def _work(self, live: _Live, loop: RunLoop) -> None:
        status = await loop.work()
        if status == "requires_action":
            live.broadcast.pause()
        elif status is not None:
            self._leave(live)
        # Otherwise it was taken away, and whoever did that ends it.

    async def _end(self, live: _Live, ending: Ending) -> None:
        """End a run that was cancelled or has expired."""
        await stopped(live.task)
        draft = live.loop.draft() if live.loop is not None else None

        def work(objects: Objects) -> list[Told]:
            return _ended(objects, live, ending, draft)

        live.broadcast.tell(*await self._stored(work))
        log.info("%s %s", live.run_id, ending)
        self._leave(live)

    async def _stored(self, work: Callable[[Objects], list[Told]]) -> list[Told]:
        """What a transaction is to tell; one that fails is tried again for a minute.

        Nobody else would end the run before the engine is started anew.
        """
        for wait in self.parts.limits.storing:
            try:
                return await self.parts.store.write(work)
            except (sqlite3.Error, OSError) as error:
                log.warning("the end of a run could not be stored, for now: %s", error)
                await asyncio.sleep(wait)
        return await self.parts.store.write(work)

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        task.add_done_callback(log_fault)


def _ended(objects: Objects, live: _Live, ending: Ending, draft: Message | None) -> list[Told]:
    run = objects.get(Run, live.run_id, parent=live.thread_id)
    if run is None:
        return []
    if run.status not in ACTIVE:  # it ended just before, and may not have told
        return [Told(f"thread.run.{run.status}", run)]
    if run.status == "cancelling":
        ending = "cancelled"
    return end_early(objects, run, ending, draft=draft)
