"""The stream of a run's events, read as it comes."""

from __future__ import annotations

from collections.abc import Iterable

from studybuddy.domain.assistant_ports import (
    MessageDelta,
    MessageSeen,
    RunChanged,
    RunEvent,
    StepSeen,
)
from studybuddy.domain.runs import Run, RunStatus
from studybuddy.providers.assistants import values, wire
from studybuddy.providers.chunks import loads
from studybuddy.providers.events import RawEvent


class RunReader:
    """Reads the events of one run, and keeps what it needs of them to read the next ones."""

    def __init__(self) -> None:
        self.ended = False
        """Whether nothing more is to come: the run is over, or requires action."""
        self.error: object = None
        """The error object or text of an event that carried one; nothing after it is read."""
        self._run: Run | None = None
        self._steps: dict[str, wire.RunStep] = {}
        self._parts: dict[str, int] = {}
        """Message id to the index of the part that its text has come to."""

    @property
    def has_run(self) -> bool:
        """Whether the run exists, as far as was told."""
        return self._run is not None

    def read(self, events: Iterable[RawEvent]) -> list[RunEvent]:
        """What some events tell; the texts of one message that came together are one event."""
        told: list[RunEvent] = []
        for event in events:
            if self.ended or self.error is not None:
                break
            found = self._read_one(event)
            last = told[-1] if told else None
            if (
                isinstance(found, MessageDelta)
                and isinstance(last, MessageDelta)
                and found.message_id == last.message_id
            ):
                told[-1] = MessageDelta(found.message_id, last.text + found.text)
            elif found is not None:
                told.append(found)
        return told

    def _read_one(self, event: RawEvent) -> RunEvent | None:
        if event.is_error:
            self.error = loads(event.data) or event.data.decode("utf-8", "replace")
            return None
        match wire.streamed(event.data):
            case wire.MessageDelta() as delta:
                text = self._text(delta)
                return MessageDelta(delta.id, text) if text else None
            case wire.Message(status="in_progress"):
                return None  # it says nothing yet that its deltas do not say
            case wire.Message() as message:
                return MessageSeen(values.message(message))
            case wire.RunStep() as step:
                if self._steps.get(step.id) == step:
                    return None  # each state of it is told by several events
                self._steps[step.id] = step
                return StepSeen(values.step(step))
            case wire.StepDelta() as step_delta:
                return self._step(step_delta)
            case wire.Run() as told:
                run = values.run(told)
                if run == self._run:
                    return None
                self._run = run
                self.ended = run.status.over or run.status is RunStatus.REQUIRES_ACTION
                return RunChanged(run)
        return None

    def _text(self, told: wire.MessageDelta) -> str:
        text = ""
        for part in told.delta.content or ():
            value = part.refusal or (part.text.value if part.text is not None else None)
            if not value:
                continue
            if self._parts.setdefault(told.id, part.index) != part.index:
                self._parts[told.id] = part.index
                text += values.BETWEEN
            text += value
        return text

    def _step(self, told: wire.StepDelta) -> RunEvent | None:
        known, added = self._steps.get(told.id), told.delta.step_details
        if known is None or added is None:
            return None
        before = known.step_details or wire.StepDetails()
        details = wire.StepDetails(
            added.message_creation or before.message_creation,
            values.merge(before.tool_calls or (), added.tool_calls or ()),
        )
        step = wire.RunStep(known.id, known.status, details, known.last_error, known.usage)
        self._steps[told.id] = step
        return StepSeen(values.step(step))
