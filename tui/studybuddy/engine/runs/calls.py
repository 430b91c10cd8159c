"""Tool calls as the model made them: sorted out, checked, and shown as a step shows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from studybuddy.engine.asking.arguments import argument_problem
from studybuddy.engine.asking.port import Call
from studybuddy.engine.objects import Json, new_object_id
from studybuddy.engine.runs.offers import Offer
from studybuddy.engine.tools.definitions import CODE_INTERPRETER

_QUOTED = 300  # characters of wrong arguments

Kind = Literal["code_interpreter", "file_search", "function", "wrong"]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A call with what is to be done about it."""

    id: str
    name: str
    arguments: str
    kind: Kind
    given: str = ""
    """The code to run, or what to look for."""
    objection: str = ""
    """What the model is told where the call is wrong."""

    @property
    def sendable(self) -> str:
        """The arguments to send back to the model: servers fail over text that is no JSON."""
        return self.arguments if _arguments(self.arguments) is not None else "{}"


def sort_call(call: Call, offer: Offer, taken: Collection[str], *, lenient: bool = False) -> Sorted:
    """Decide what a call is.

    Args:
        call: as the model made it.
        offer: what it may call.
        taken: ids of the run's earlier calls; a model may give the same again.
        lenient: whether a function's arguments need not follow its schema: of a model that was
            told of it and could not do better, they are left to the client.
    """
    id = call.id if call.id and call.id not in taken else new_object_id("call")

    def wrong(objection: str) -> Sorted:
        return Sorted(id, call.name, call.arguments, "wrong", objection=objection)

    if call.name not in offer.names:
        known = ", ".join(offer.names) or "none"
        return wrong(f"There is no tool named “{call.name}”. The tools are: {known}.")
    found = _arguments(call.arguments)
    if found is None:
        return wrong(
            f"The arguments of “{call.name}” are not a JSON object: {call.arguments[:_QUOTED]}\n"
            "Call it again with one that follows its parameters."
        )
    if call.name in offer.functions:
        arguments = call.arguments.strip() or "{}"
        problem = argument_problem(replace(call, arguments=arguments), offer.tools)
        if problem and not lenient:
            return wrong(problem)
        return Sorted(id, call.name, arguments, "function")
    wanted = "code" if call.name == CODE_INTERPRETER else "query"
    given = found.get(wanted)
    if given is None and len(found) == 1:  # models mix up the name
        given = next(iter(found.values()))
    if not isinstance(given, str) or not given.strip():
        return wrong(f"“{call.name}” needs “{wanted}”, a text.")
    kind: Kind = "code_interpreter" if call.name == CODE_INTERPRETER else "file_search"
    return Sorted(id, call.name, call.arguments, kind, given)


def shown_call(call: Sorted, search_options: Json | None = None) -> Json:
    """The call as its step's details have it, without any output yet."""
    match call.kind:
        case "code_interpreter":
            inner: Json = {"input": call.given, "outputs": []}
            return {"id": call.id, "type": "code_interpreter", "code_interpreter": inner}
        case "file_search":
            inner = {"query": call.given, **(search_options or {}), "results": []}
            return {"id": call.id, "type": "file_search", "file_search": inner}
        case _:
            return {"id": call.id, "type": "function", "function": _function(call) | _NO_OUTPUT}


def required_call(call: Sorted) -> Json:
    """The call as a run's required action has it."""
    return {"id": call.id, "type": "function", "function": _function(call)}


_NO_OUTPUT = {"output": None}


def _function(call: Sorted) -> Json:
    return {"name": call.name, "arguments": call.arguments}


def _arguments(text: str) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text.strip() or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
