"""What happens in a run, told to whoever listens, the slow ones too, within bounds of memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass

from studybuddy.engine.objects import Json, Message, Run, RunStep, Thread

MOST_WAITING = 4096
"""Events kept for one listener; deltas of a text that wait are one event."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of OpenAI's `AssistantStreamEvent`."""

    event: str
    data: Thread | Run | RunStep | Message | Json


@dataclass(slots=True)
class TextGrew:
    """Text was added to a message."""

    message_id: str
    text: str

    def told(self) -> Told:
        """It as a `thread.message.delta`."""
        return message_delta(self.message_id, {"value": self.text, "annotations": []})


class Overrun(Exception):
    """A listener is so far behind that it is given up."""


class Listener:
    """One reader of a run's events."""

    def __init__(self) -> None:
        self._waiting: deque[Told | TextGrew] = deque()
        self._news = asyncio.Event()
        self._ended = False
        self._overrun = False

    def take(self, event: Told | TextGrew) -> None:
        """Keep an event until it is read."""
        if self._overrun or self._ended:
            return
        last = self._waiting[-1] if self._waiting else None
        if (
            isinstance(event, TextGrew)
            and isinstance(last, TextGrew)
            and last.message_id == event.message_id
        ):
            last.text += event.text
        elif len(self._waiting) >= MOST_WAITING:
            self._overrun = True
            self._waiting.clear()
        elif isinstance(event, TextGrew):
            self._waiting.append(TextGrew(event.message_id, event.text))  # its own: it may grow
        else:
            self._waiting.append(event)
        self._news.set()

    def end(self) -> None:
        """There will be no more."""
        self._ended = True
        self._news.set()

    async def events(self) -> AsyncGenerator[Told]:
        """The events as they come, to the end.

        Raises:
            Overrun: where more of them waited than are kept.
        """
        while True:
            while self._waiting:
                event = self._waiting.popleft()
                yield event.told() if isinstance(event, TextGrew) else event
            if self._overrun:
                raise Overrun
            if self._ended:
                return
            self._news.clear()
            await self._news.wait()


class Broadcast:
    """The events of one run, from now on."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._change = asyncio.Event()
        self.revision = 0
        """Grows with each change of the run's status or of its steps."""

    def listen(self) -> Listener:
        """A listener that gets all events from now on."""
        listener = Listener()
        self._listeners.append(listener)
        return listener

    def tell(self, *events: Told | TextGrew) -> None:
        """Tell events that are true already: what they say is stored."""
        for event in events:
            for listener in self._listeners:
                listener.take(event)
        if any(isinstance(e, Told) and isinstance(e.data, Run | RunStep) for e in events):
            self.touch()

    def touch(self) -> None:
        """Wake those who wait for a change."""
        self.revision += 1
        self._change.set()
        self._change = asyncio.Event()

    def pause(self) -> None:
        """End the streams there are: the run waits for the client, or is over."""
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()

    async def changed(self, since: int, seconds: float) -> None:
        """Return when the revision is no more `since`, or after some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.revision == since:
                    await self._change.wait()


def message_delta(message_id: str, text: Json) -> Told:
    """A `thread.message.delta` of the one text that a message has."""
    content = [{"index": 0, "type": "text", "text": text}]
    return Told(
        "thread.message.delta",
        {"id": message_id, "object": "thread.message.delta", "delta": {"content": content}},
    )


def step_delta(step_id: str, calls: list[Json]) -> Told:
    """A `thread.run.step.delta` of tool calls, each with its `index`."""
    details = {"type": "tool_calls", "tool_calls": calls}
    return Told(
        "thread.run.step.delta",
        {"id": step_id, "object": "thread.run.step.delta", "delta": {"step_details": details}},
    )
