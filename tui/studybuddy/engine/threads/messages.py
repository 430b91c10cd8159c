"""Messages as a request describes them; every function is a part of one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studybuddy.engine.bodies import check_types, wrong_type
from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import (
    check_choice,
    metadata_in,
    missing,
    not_found,
    objects_in,
    required,
)
from studybuddy.engine.objects import ACTIVE, File, Json, Message, Run, Thread
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.threads.resources import add_code_files, add_search_files

_ROLES = ("user", "assistant")
_PARTS = ("text", "image_url", "image_file")
_DETAILS = ("auto", "low", "high")
_ATTACHED_TOOLS = ("code_interpreter", "file_search")


def find_thread(objects: Objects, thread_id: str) -> Thread:
    """A thread.

    Raises:
        ApiError: 404 where there is none of that id.
    """
    thread = objects.get(Thread, thread_id)
    if thread is None:
        raise not_found("thread", thread_id)
    return thread


def active_run(objects: Objects, thread_id: str) -> Run | None:
    """The run that holds a thread."""
    return next(iter(objects.all(Run, parent=thread_id, status=ACTIVE)), None)


def create_message(
    objects: Objects, thread_id: str, body: Mapping[str, Any], where: str = ""
) -> Message:
    """Store a message as a request describes it, and its attachments with the thread's tools.

    Call `Ingestion.wake` after the transaction, for attachments that are to be searched.

    Args:
        objects: within a transaction.
        thread_id: the thread.
        body: `role`, `content`, `attachments`, `metadata`.
        where: its place in the request, such as `messages[0].`.

    Raises:
        ApiError: 404 where there is no such thread or file, 400 where the thread has an active
            run, or a field is wrong.
    """
    thread = find_thread(objects, thread_id)
    running = active_run(objects, thread_id)
    if running is not None:
        raise invalid(
            f"Can't add messages to {thread_id} while a run {running.id} is active.", None
        )
    role = required(body, "role", (str,), where)
    check_choice(role, _ROLES, f"{where}role")
    message = Message(
        thread_id=thread_id,
        role=role,
        content=_content(objects, body, where),
        attachments=_attachments(objects, body, where),
        metadata=metadata_in(body, where),
    )
    objects.insert(message)
    _hand_out(objects, thread, message.attachments)
    return message


def _content(objects: Objects, body: Mapping[str, Any], where: str) -> list[Json]:
    content = body.get("content")
    param = f"{where}content"
    if content is None:
        raise missing(param)
    if not isinstance(content, (str, list)):
        raise wrong_type(param, (str, list), content)
    if not content:
        raise invalid("Message content must be non-empty.", param)
    if isinstance(content, str):
        return [_text(content)]
    parts = objects_in(content, param)
    return [_part(objects, part, f"{param}[{n}].") for n, part in enumerate(parts)]


def _part(objects: Objects, part: Mapping[str, Any], where: str) -> Json:
    kind = required(part, "type", (str,), where)
    check_choice(kind, _PARTS, f"{where}type")
    if kind == "text":
        text = part.get("text")
        if isinstance(text, dict):  # as it is told in answers
            text = text.get("value")
        return _text(required({"text": text}, "text", (str,), where))
    inner = required(part, kind, (dict,), where)
    place = f"{where}{kind}."
    name = "url" if kind == "image_url" else "file_id"
    value = required(inner, name, (str,), place)
    if kind == "image_file" and objects.get(File, value) is None:
        raise not_found("file", value)
    detail = inner.get("detail") or "auto"
    check_choice(detail, _DETAILS, f"{place}detail")
    return {"type": kind, kind: {name: value, "detail": detail}}


def _text(value: str) -> Json:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def _attachments(objects: Objects, body: Mapping[str, Any], where: str) -> list[Json]:
    check_types(body, {"attachments": (list,)}, where)
    param = f"{where}attachments"
    found = []
    for number, attachment in enumerate(objects_in(body.get("attachments") or [], param)):
        place = f"{param}[{number}]."
        file_id = required(attachment, "file_id", (str,), place)
        if objects.get(File, file_id) is None:
            raise not_found("file", file_id)
        tools = objects_in(required(attachment, "tools", (list,), place), f"{place}tools")
        for n, tool in enumerate(tools):
            at = f"{place}tools[{n}]."
            check_choice(required(tool, "type", (str,), at), _ATTACHED_TOOLS, f"{at}type")
        found.append({"file_id": file_id, "tools": [{"type": tool["type"]} for tool in tools]})
    return found


def _hand_out(objects: Objects, thread: Thread, attachments: list[Json] | None) -> None:
    """Let the thread's tools have what was attached for them."""
    wanted: dict[str, list[str]] = {tool: [] for tool in _ATTACHED_TOOLS}
    for attachment in attachments or []:
        for tool in attachment["tools"]:
            wanted[tool["type"]].append(attachment["file_id"])
    if wanted["code_interpreter"]:
        add_code_files(thread, wanted["code_interpreter"])
    if wanted["file_search"]:
        add_search_files(objects, thread, dict.fromkeys(wanted["file_search"]))
    if any(wanted.values()):
        objects.update(thread)
