"""A streamed answer put together: its text, its tool calls, its end and its usage.

Servers differ in how they stream tool calls: pieces by index, whole calls in one chunk, without
index or id, the same index for all, the name repeated in every piece, arguments as an object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from studybuddy.domain.reported_usage import UsageReports
from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.characters import cleaned, half_at_end
from studybuddy.engine.asking.port import Call
from studybuddy.engine.objects import new_object_id


@dataclass(slots=True)
class _Piece:
    index: Any
    id: str = ""
    name: str = ""
    arguments: str = ""


class Gathering:
    """Takes the chunks of one streamed completion."""

    def __init__(self) -> None:
        self.finish_reason = ""
        """As the server said it; empty until it has."""
        self.model = ""
        self._reports = UsageReports()
        self._pieces: list[_Piece] = []
        self._half = ""

    def add(self, chunk: Mapping[str, Any]) -> str:
        """Take a chunk, and return the text in it."""
        if isinstance(model := chunk.get("model"), str):
            self.model = cleaned(model)
        groq = chunk.get("x_groq")
        self._reports.take(
            chunk.get("usage"),
            groq.get("usage") if isinstance(groq, Mapping) else None,
            timings=chunk.get("timings"),
        )
        text = ""
        for choice in _mappings(chunk.get("choices")):
            if choice.get("index") not in (0, None):
                continue
            self._reports.take(choice.get("usage"))
            if isinstance(reason := choice.get("finish_reason"), str):
                self.finish_reason = reason
            delta = choice.get("delta") or choice.get("message")
            if isinstance(delta, Mapping):
                text += _text(delta.get("content"))
                for part in _mappings(delta.get("tool_calls")):
                    self._add(part)
                if isinstance(legacy := delta.get("function_call"), Mapping):
                    self._add({"index": 0, "function": legacy})
        # An emoji may come as two halves, each in a chunk of its own.
        text = self._half + text
        self._half = half_at_end(text)
        return cleaned(text.removesuffix(self._half))

    @property
    def usage(self) -> Usage:
        """What the server told; zeros where it told nothing."""
        return self._reports.usage or Usage()

    def rest(self) -> str:
        """The text that was held back for what was to come after it."""
        half, self._half = self._half, ""
        return cleaned(half)

    def calls(self) -> tuple[Call, ...]:
        """The tool calls so far, each with an id of its own."""
        taken: set[str] = set()
        calls: list[Call] = []
        for piece in self._pieces:
            if not piece.name:
                continue
            given = cleaned(piece.id)
            call_id = given if given and given not in taken else new_object_id("call")
            taken.add(call_id)
            arguments = cleaned(piece.arguments).strip() or "{}"
            calls.append(Call(call_id, cleaned(piece.name), arguments))
        return tuple(calls)

    def _add(self, part: Mapping[str, Any]) -> None:
        function = part.get("function")
        function = function if isinstance(function, Mapping) else part
        name, given_id = function.get("name"), part.get("id")
        name = name if isinstance(name, str) else ""
        given_id = given_id if isinstance(given_id, str) else ""
        piece = self._piece(part.get("index"), given_id, name)
        piece.id = piece.id or given_id
        if name and name != piece.name:
            piece.name += name
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            piece.arguments += arguments
        elif arguments is not None:
            piece.arguments = json.dumps(arguments)

    def _piece(self, index: Any, given_id: str, name: str) -> _Piece:
        """The call that a piece belongs to; a new one where it begins one."""
        for piece in reversed(self._pieces):
            if index is not None and piece.index != index:
                continue
            if index is None and given_id and piece.id and piece.id != given_id:
                continue
            if name and _begins_another(piece, given_id, name):
                break
            return piece
        self._pieces.append(_Piece(index))
        return self._pieces[-1]


def _begins_another(piece: _Piece, given_id: str, name: str) -> bool:
    """Whether a piece that names a function is no more of a call that is there already."""
    if given_id and piece.id and given_id != piece.id:
        return True
    if given_id and given_id == piece.id:
        return False
    return bool(piece.name) and is_whole(piece.arguments)


def is_whole(arguments: str) -> bool:
    """Whether a text is JSON to its end."""
    try:
        json.loads(arguments)
    except (ValueError, RecursionError):
        return False
    return True


def chunk_in(payload: bytes) -> Mapping[str, Any] | None:
    """The chunk in a stream's payload; `None` where it is no JSON object."""
    found: Any
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:  # it takes halves of characters, too
            found = json.loads(payload)
        except (ValueError, RecursionError):
            return None
    return found if isinstance(found, dict) else None


def _text(content: Any) -> str:
    """A delta's text; some servers give a list of parts."""
    if isinstance(content, str):
        return content
    parts = (part.get("text") for part in _mappings(content) if part.get("type") == "text")
    return "".join(part for part in parts if isinstance(part, str))


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else ()
