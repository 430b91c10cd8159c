"""Server-sent events, taken apart from bytes as they come.

The event stream format is the HTML standard's, section 9.2. The `EventSource` of httpx2 reads it
too, but refuses servers that leave out the content type, drops the fields named `error` that older
llama.cpp servers send, and hides which events came together.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_EVENT = 8 * 1024 * 1024
"""Bytes; a server that sends more without ending an event is not speaking this format."""

_BOM = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event that does not end within `LONGEST_EVENT`."""


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event's data; its lines are joined by line feeds."""

    data: bytes
    is_error: bool = False
    """Whether the event, or the field that held the data, is named `error`."""


class EventSplitter:
    """Splits a byte stream into events, however it is cut into reads."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False

    def feed(self, data: bytes) -> list[RawEvent]:
        """The events that `data` completes.

        Raises:
            EventTooLong: where what is buffered can't be an event.
        """
        data = self._rest + data
        if not self._started:
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._rest = data
                return []
            data = data.removeprefix(_BOM)
            self._started = True
        if b"\r" in data:
            # A final CR may be half of a CRLF: it waits for what follows.
            held = b"\r" if data.endswith(b"\r") else b""
            data = data.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        else:
            held = b""
        blocks = data.split(b"\n\n")
        self._rest = blocks.pop() + held
        if len(self._rest) > LONGEST_EVENT:
            raise EventTooLong(f"more than {LONGEST_EVENT} bytes in one event")
        return [event for block in blocks if (event := _event(block)) is not None]

    def finish(self) -> list[RawEvent]:
        """What is left when the stream has ended; careless servers leave out the blank line."""
        event = _event(self._rest.replace(b"\r", b"\n"))
        self._rest = b""
        return [event] if event is not None else []


def _event(block: bytes) -> RawEvent | None:
    """The event of a block of lines; `None` where it is only comments."""
    if block.startswith(b"data: ") and b"\n" not in block:
        return RawEvent(block[6:])
    lines: list[bytes] = []
    is_error = False
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            lines.append(value)
        elif name == b"error":  # older llama.cpp servers name the field itself so
            lines.append(value)
            is_error = True
        elif name == b"event":
            is_error = is_error or value == b"error"
    if not lines:
        return None
    return RawEvent(b"\n".join(lines), is_error)
