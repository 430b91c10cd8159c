"""A message that grows while the model writes: told at once, stored every now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from msgspec import structs

from studybuddy.engine.objects import Json, Message, RunStep, now
from studybuddy.engine.runs.broadcast import Broadcast, TextGrew, message_delta
from studybuddy.engine.runs.ledger import Ledger, Put

Cut = Literal["max_tokens", "content_filter"]
"""Why a text ends too early."""


def text_content(text: str, annotations: Sequence[Json] = ()) -> list[Json]:
    """A message's content that is one text."""
    return [{"type": "text", "text": {"value": text, "annotations": list(annotations)}}]


def without_blank_start(text: str) -> str:
    """A text without the empty lines that many models begin with."""
    return text.lstrip("\r\n")


class Draft:
    """One answer's message and the step that makes it; neither exists before there is text."""

    def __init__(self, ledger: Ledger, broadcast: Broadcast, every: float) -> None:
        """Prepare it; `every` is in seconds."""
        self._ledger = ledger
        self._broadcast = broadcast
        self._every = every
        self.text = ""
        self._message: Message | None = None
        self._step: RunStep | None = None
        self._grown = asyncio.Event()
        self._journal: asyncio.Task[None] | None = None

    @property
    def is_begun(self) -> bool:
        """Whether anyone could see it."""
        return self._message is not None

    def current(self) -> Message | None:
        """The message with all its text so far."""
        if self._message is None:
            return None
        return structs.replace(self._message, content=text_content(self.text))

    async def add(self, text: str) -> None:
        """Take more text; nothing is begun for blanks alone.

        Raises:
            TakenAway: where the run is over.
        """
        if self._message is not None:
            self.text += text
            self._broadcast.tell(TextGrew(self._message.id, text))
            self._grown.set()
            if self._journal is not None and self._journal.done():
                self._journal.result()  # only fails: with TakenAway, or a fault of the store
            return
        self.text += text
        if self.text.strip():
            self.text = without_blank_start(self.text)
            await self._begin()

    async def finished(
        self,
        text: str,
        usage: Json,
        *,
        annotations: Sequence[Json] = (),
        cut: Cut | None = None,
    ) -> list[Put]:
        """What is to be stored at its end.

        Args:
            text: all of it; begins the message where nothing had come before.
            usage: of the step.
            annotations: of the text.
            cut: why the text ends too early.
        """
        if self._message is None:
            self.text = text
            await self._begin()
        await self.settle()
        assert self._message is not None
        assert self._step is not None
        if annotations and text == self.text:
            numbered = [{"index": n, **found} for n, found in enumerate(annotations)]
            self._broadcast.tell(
                message_delta(self._message.id, {"value": "", "annotations": numbered})
            )
        at = now()
        message = structs.replace(
            self._message,
            content=text_content(text, annotations),
            status="incomplete" if cut else "completed",
            completed_at=None if cut else at,
            incomplete_at=at if cut else None,
            incomplete_details={"reason": cut} if cut else None,
        )
        step = structs.replace(self._step, status="completed", completed_at=at, usage=usage)
        return [
            Put(message, (f"thread.message.{message.status}",)),
            Put(step, ("thread.run.step.completed",)),
        ]

    async def settle(self) -> None:
        """Write nothing more of its own accord."""
        if self._journal is not None:
            self._journal.cancel()
            await asyncio.gather(self._journal, return_exceptions=True)
            self._journal = None

    async def _begin(self) -> None:
        ledger = self._ledger
        message = Message(
            thread_id=ledger.thread_id,
            role="assistant",
            status="in_progress",
            assistant_id=ledger.assistant_id,
            run_id=ledger.run_id,
            content=text_content(self.text),
            attachments=[],
        )
        details = {"type": "message_creation", "message_creation": {"message_id": message.id}}
        step = RunStep(
            assistant_id=ledger.assistant_id,
            thread_id=ledger.thread_id,
            run_id=ledger.run_id,
            type="message_creation",
            step_details=details,
        )
        new = ("created", "in_progress")
        await ledger.put(
            Put(step, tuple(f"thread.run.step.{state}" for state in new), new=True),
            Put(
                message,
                tuple(f"thread.message.{state}" for state in new),
                new=True,
                shown=structs.replace(message, content=[]),
            ),
        )
        self._message, self._step = message, step
        self._broadcast.tell(TextGrew(message.id, self.text))
        self._journal = asyncio.create_task(self._write_often())

    async def _write_often(self) -> None:
        while True:
            await self._grown.wait()
            await asyncio.sleep(self._every)
            self._grown.clear()
            current = self.current()
            assert current is not None
            await self._ledger.put(Put(current))
