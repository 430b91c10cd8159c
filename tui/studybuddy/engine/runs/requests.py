"""Runs as a request describes them; every function that takes objects is part of a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studybuddy.engine.bodies import Types, check_types, wrong_type
from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import (
    check_choice,
    check_length,
    check_range,
    metadata_in,
    not_found,
    objects_in,
    required,
)
from studybuddy.engine.objects import Assistant, Json, Run, now
from studybuddy.engine.runs.submitting import Outputs
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.threads.messages import active_run, create_message, find_thread
from studybuddy.engine.threads.settings import (
    EFFORT,
    LONGEST_INSTRUCTIONS,
    check_sampling,
    effort_in,
    response_format_in,
    tools_in,
)

_TYPES: Types = {
    "assistant_id": (str,),
    "model": (str,),
    "instructions": (str,),
    "additional_instructions": (str,),
    "additional_messages": (list,),
    "stream": (bool,),
    "max_prompt_tokens": (int,),
    "max_completion_tokens": (int,),
    "truncation_strategy": (dict,),
    "tool_choice": (str, dict),
    "parallel_tool_calls": (bool,),
    "thread": (dict,),
}
_LEAST_TOKENS = 256
_MOST_TOKENS = 2**31 - 1
_CHOICES = ("none", "auto", "required")
_TOOL_TYPES = ("function", "code_interpreter", "file_search")
_STRATEGIES = ("auto", "last_messages")


def check_run(body: Mapping[str, Any], *, lenient: bool = False) -> None:
    """Refuse a request that is not one for a run; what depends on stored objects comes later.

    Args:
        body: the request's.
        lenient: whether limits below the API's least ones are taken, too.

    Raises:
        ApiError: 400, naming the field.
    """
    check_types(body, _TYPES)
    required(body, "assistant_id", (str,))
    for field in ("instructions", "additional_instructions"):
        check_length(body.get(field) or "", LONGEST_INSTRUCTIONS, field)
    for field in ("max_prompt_tokens", "max_completion_tokens"):
        check_range(body.get(field), 1 if lenient else _LEAST_TOKENS, _MOST_TOKENS, field)
    check_sampling(body)
    _truncation(body)
    _tool_choice(body)
    tools_in(body)
    metadata_in(body)
    response_format_in(body)
    effort_in(body)


def run_from(
    objects: Objects, thread_id: str, body: Mapping[str, Any], *, upstream: str, lifetime: int
) -> Run:
    """Store a queued run as a request describes it, and the messages it brings.

    Call `Ingestion.wake` after the transaction.

    Args:
        objects: within a transaction.
        thread_id: the thread.
        body: passed `check_run`.
        upstream: the name of the upstream that is to answer.
        lifetime: seconds until the run expires.

    Raises:
        ApiError: 404 where thread, assistant or file are missing; 400 where the thread has an
            active run, or an additional message is wrong.
    """
    find_thread(objects, thread_id)
    active = active_run(objects, thread_id)
    if active is not None:
        raise invalid(f"Thread {thread_id} already has an active run {active.id}.", None)
    assistant = objects.get(Assistant, body["assistant_id"])
    if assistant is None:
        raise not_found("assistant", body["assistant_id"])
    param = "additional_messages"
    for number, message in enumerate(objects_in(body.get(param) or [], param)):
        create_message(objects, thread_id, message, f"{param}[{number}].")

    def given(field: str, usual: Any) -> Any:
        return usual if body.get(field) is None else body[field]

    at = now()
    parts = (given("instructions", assistant.instructions), body.get("additional_instructions"))
    run = Run(
        created_at=at,
        expires_at=at + lifetime,
        thread_id=thread_id,
        assistant_id=assistant.id,
        model=given("model", assistant.model),
        instructions="\n\n".join(part for part in parts if part),
        tools=tools_in(body) if body.get("tools") is not None else assistant.tools,
        metadata=metadata_in(body),
        temperature=given("temperature", assistant.temperature),
        top_p=given("top_p", assistant.top_p),
        max_prompt_tokens=body.get("max_prompt_tokens"),
        max_completion_tokens=body.get("max_completion_tokens"),
        truncation_strategy=_truncation(body),
        tool_choice=_tool_choice(body),
        parallel_tool_calls=given("parallel_tool_calls", True),
        response_format=response_format_in(body)
        if body.get("response_format") is not None
        else assistant.response_format,
    )
    effort = effort_in(body) or objects.note(assistant).get(EFFORT)
    objects.insert(run, note={"upstream": upstream, EFFORT: effort})
    return run


def outputs_from(body: Mapping[str, Any], upstream: str | None) -> Outputs:
    """The outputs of a request that submits them; `upstream` is who is to answer from now on.

    Raises:
        ApiError: 400, naming the field.
    """
    check_types(body, {"stream": (bool,)})
    found: dict[str, str] = {}
    given = objects_in(required(body, "tool_outputs", (list,)), "tool_outputs")
    for number, output in enumerate(given):
        place = f"tool_outputs[{number}]."
        check_types(output, {"output": (str,)}, place)
        id = required(output, "tool_call_id", (str,), place)
        if id in found:
            raise invalid(f"Duplicate tool outputs for call_id '{id}'.", place + "tool_call_id")
        found[id] = output.get("output") or ""
    return Outputs(found, upstream)


def _truncation(body: Mapping[str, Any]) -> Json:
    given = body.get("truncation_strategy") or {"type": "auto"}
    where = "truncation_strategy."
    check_types(given, {"last_messages": (int,)}, where)
    check_choice(required(given, "type", (str,), where), _STRATEGIES, f"{where}type")
    last = given.get("last_messages")
    if given["type"] == "last_messages":
        last = required(given, "last_messages", (int,), where)
    check_range(last, 1, _MOST_TOKENS, f"{where}last_messages")
    return {"type": given["type"], "last_messages": last}


def _tool_choice(body: Mapping[str, Any]) -> str | Json:
    given = body.get("tool_choice")
    if given is None:
        return "auto"
    if isinstance(given, str):
        check_choice(given, _CHOICES, "tool_choice")
        return given
    if not isinstance(given, dict):
        raise wrong_type("tool_choice", (str, dict), given)
    where = "tool_choice."
    check_choice(required(given, "type", (str,), where), _TOOL_TYPES, f"{where}type")
    if given["type"] == "function":
        function = required(given, "function", (dict,), where)
        required(function, "name", (str,), f"{where}function.")
    return given
