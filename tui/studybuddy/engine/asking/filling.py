"""Arguments and code from a model that can't call tools, by output bound to a JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking import prompts
from studybuddy.engine.asking.arguments import fitted
from studybuddy.engine.asking.bounded import bounded, plain_values
from studybuddy.engine.asking.characters import cleaned_json
from studybuddy.engine.asking.gathering import Gathering
from studybuddy.engine.asking.offered import Function
from studybuddy.engine.asking.requests import stream_text
from studybuddy.engine.asking.schemas import is_schema, schema_problem
from studybuddy.engine.asking.smallest import least
from studybuddy.engine.asking.turn import Turn
from studybuddy.engine.asking.wants import compiles
from studybuddy.engine.errors import ApiError
from studybuddy.engine.upstream.port import Upstream

_CODE = {
    "type": "object",
    "properties": {"code": {"type": "string", "maxLength": 1200}},
    "required": ["code"],
}
_MOST_TOKENS = 1024
_TRIES = 2
"""Times that a model is asked for the same arguments."""
_STEADY = 0.1
"""Temperature for small models, which stray at higher ones."""
_REFUSALS = (400, 404, 422, 500, 501)
"""Status of servers that do not know JSON schemas, or not this one."""


class Filling:
    """Asks for JSON; `usage` is that of all its requests."""

    def __init__(self, upstream: Upstream, model: str, most_tokens: int | None) -> None:
        """Ask a model.

        Args:
            upstream: whose it is.
            model: its name there.
            most_tokens: of one answer, where the request sets a limit.
        """
        self._upstream = upstream
        self._model = model
        self._most_tokens = min(most_tokens or _MOST_TOKENS, _MOST_TOKENS)
        self.usage = Usage()

    async def arguments(self, turn: Turn, function: Function) -> dict[str, Any] | None:
        """Arguments that follow the function's schema.

        Where the model gives none that do, also when told what is wrong, they are the smallest
        that can be, with the student's words as texts; `None` where those do not follow it.
        A schema that is none itself wants none.
        """
        if not is_schema(function.parameters):
            return {}
        parameters, question = function.parameters, turn.question
        if not function.properties and not schema_problem({}, parameters):
            return {}
        plain = plain_values(parameters, question)
        messages = prompts.for_arguments(turn, function)
        for _ in range(_TRIES):
            found = await self._object(messages, function.name, bounded(parameters))
            for candidate in ({**(found or {}), **plain}, found):
                if candidate is not None and (fixed := fitted(candidate, function)) is not None:
                    return fixed
            problem = schema_problem(found or {}, parameters)
            messages = [*messages, *prompts.for_better_arguments(found, problem)]
        smallest = least(parameters, question.strip() or "?")
        smallest = smallest if isinstance(smallest, dict) else {}
        for candidate in ({**smallest, **plain}, smallest):
            if not schema_problem(candidate, parameters):
                return candidate
        return None

    async def code(self, turn: Turn) -> str:
        """A Python program for the question; empty where what comes is none."""
        found = await self._object(prompts.for_code(turn), "program", _CODE)
        code = (found or {}).get("code")
        return code if isinstance(code, str) and compiles(code) else ""

    async def _object(
        self, messages: prompts.Messages, name: str, schema: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """A JSON object by a schema; first bound to it, then asked for in words."""
        form = {"type": "json_schema", "json_schema": {"name": name[:64], "schema": schema}}
        try:
            return _object_in(await self._text(messages, form))
        except ApiError as error:
            if error.status not in _REFUSALS or error.code == "context_length_exceeded":
                raise
        wish = f"Answer with a JSON object only, by this schema: {json.dumps(schema)}"
        return _object_in(await self._text([*messages, {"role": "user", "content": wish}], None))

    async def _text(self, messages: prompts.Messages, form: Mapping[str, Any] | None) -> str:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": messages,
            "temperature": _STEADY,
            "max_completion_tokens": self._most_tokens,
        }
        if form is not None:
            body["response_format"] = form
        gathering = Gathering()
        try:
            async with aclosing(stream_text(self._upstream, body, gathering)) as texts:
                return "".join([text async for text in texts])
        finally:
            self.usage += gathering.usage


def _object_in(text: str) -> dict[str, Any] | None:
    from json_repair import loads

    try:
        value = loads(text)
    except (ValueError, RecursionError):
        return None
    return cleaned_json(value) if isinstance(value, dict) else None
