"""One streamed answer, read event by event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from studybuddy.domain.reported_usage import UsageReports, tokens_in
from studybuddy.domain.usage import Usage
from studybuddy.providers.chunks import Chunk, decode, loads
from studybuddy.providers.events import RawEvent

_SHORT = 500
"""Tokens of a prompt that are read too quickly to be told of."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a prompt is read."""

    processed: int
    """Tokens, those included that were in a cache."""
    total: int
    """Tokens of the prompt."""

    def __str__(self) -> str:
        return f"reading {self.processed:,} of {self.total:,} tokens"


def progress_in(told: Any) -> Progress | None:
    """The progress in llama.cpp's `prompt_progress`; `None` where there is nothing to wait for."""
    if not isinstance(told, Mapping):
        return None
    total = tokens_in(told.get("total")) or 0
    cached = tokens_in(told.get("cache")) or 0
    processed = min(max(tokens_in(told.get("processed")) or 0, cached), total)
    return Progress(processed, total) if total - cached >= _SHORT else None


class AnswerReader:
    """Reads the events of one answer, and keeps what they told beside its text."""

    def __init__(self) -> None:
        self.finish_reason = ""
        """As the server gave it; empty while it has not."""
        self.model = ""
        """The model that the server says answers."""
        self._reports = UsageReports()
        self.error: Any = None
        """The error object or text of an event that carried one."""
        self.malformed = False
        """Whether an event could not be read; nothing after it is."""
        self.done = False
        """Whether the server said that nothing follows."""
        self.has_text = False
        self.has_reasoning = False
        """Whether the model thought where the server shows it."""
        self.has_events = False
        self.progress: Progress | None = None
        """How far the prompt was read when that was told last."""
        self._half = ""
        self._thoughts: list[str] = []

    @property
    def usage(self) -> Usage | None:
        """What was reported so far; `None` where nothing was."""
        return self._reports.usage

    @property
    def over(self) -> bool:
        """Whether there is nothing more to read."""
        return self.done or self.malformed or self.error is not None

    def read(self, events: Iterable[RawEvent]) -> str:
        """The text of some events, as one."""
        parts: list[str] = []
        for event in events:
            if self.over:
                break
            if text := self._read_one(event):
                parts.append(text)
        text = "".join(parts)
        self.has_text = self.has_text or bool(text)
        return text

    def take_thoughts(self) -> str:
        """What the model thought in the events that were read since this was asked last."""
        thoughts = "".join(self._thoughts)
        self._thoughts.clear()
        return thoughts

    def _read_one(self, event: RawEvent) -> str:
        self.has_events = True
        if event.data.startswith(b"[DONE]"):
            self.done = True
            return ""
        if not event.data.strip():
            return ""
        chunk = decode(event.data)
        if chunk is None and event.is_error:
            chunk = Chunk(error=event.data.decode("utf-8", "replace"))
        if chunk is None:
            lines = event.data.splitlines()
            if len(lines) > 1:  # several chunks, with no blank lines between them
                return self.read([RawEvent(line, event.is_error) for line in lines if line.strip()])
            self.malformed = True
            return ""
        if event.is_error and not chunk.error:
            chunk.error = loads(event.data)
        return self._take(chunk)

    def _take(self, chunk: Chunk) -> str:
        if chunk.error:
            self.error = chunk.error
            return ""
        if chunk.model:
            self.model = chunk.model
        self._take_usage(chunk)
        if chunk.prompt_progress is not None:
            self.progress = progress_in(chunk.prompt_progress)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        if choice.finish_reason:
            self.finish_reason = choice.finish_reason
        delta = choice.delta or choice.message
        if delta is None:
            return ""
        if thought := delta.reasoning_content or delta.reasoning:
            self.has_reasoning = True
            self._thoughts.append(thought)
        text = delta.content or delta.refusal or ""
        if self._half or not text.isascii():
            text = self._whole(text)
        return text

    def _take_usage(self, chunk: Chunk) -> None:
        groq = chunk.x_groq.usage if chunk.x_groq is not None else None
        choice = chunk.choices[0].usage if chunk.choices else None
        self._reports.take(chunk.usage, groq, choice, timings=chunk.timings)

    def _whole(self, text: str) -> str:
        """Join a character that servers cut into two surrogates, one in each of two chunks."""
        text = self._half + text
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
