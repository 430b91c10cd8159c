"""Requests in JSON, as they are sent to the Chat Completions API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studybuddy.commands.question import Unusable
from studybuddy.domain.messages import Role
from studybuddy.domain.text import harmless

_CALLS = ("tool_calls", "function_call")
"""What an assistant's message may have in the place of a content."""


@dataclass(slots=True)
class RequestText:
    """The texts of a request, each where it is billed."""

    messages: list[tuple[Role, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of the messages' authors, where given."""
    besides: list[str] = field(default_factory=list)
    """What stands beside the messages, whose format nobody published: functions and calls."""
    doubts: dict[str, None] = field(default_factory=dict)
    """Why the count can't be what is billed, each a half sentence, without repetition."""
    model: str = ""
    """The model that it is for; empty where it names none."""


def read_request(text: str, name: str) -> RequestText:
    """Read `[{"role": …, "content": …}, …]`, or an object with that as its "messages".

    Raises:
        Unusable: where it is something else; the sentence says where.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Unusable(f"{name} is no JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise Unusable(f"{name} is no request: it is nested too deeply.") from None
    except ValueError as error:  # a number of thousands of digits
        raise Unusable(f"{name} is no request: {error}.") from None
    request = RequestText()
    messages = found
    if isinstance(found, dict):
        messages = found.get("messages")
        model = found.get("model")
        request.model = model.strip() if isinstance(model, str) else ""
        _take_rest(found, request)
    if not isinstance(messages, list):
        raise Unusable(
            f"{name} is no request: it has to be a list of messages with role and content, "
            "or an object with such a list as its “messages”."
        )
    if not messages:
        raise Unusable(f"{name} has no messages.")
    for number, message in enumerate(messages, 1):
        _take_message(message, f"message {number} of {name}", request)
    return request


def _take_rest(found: Mapping[str, Any], request: RequestText) -> None:
    for key, what in (
        ("tools", "its functions"),
        ("functions", "its functions"),
        ("response_format", "its response format"),
    ):
        value = found.get(key)
        if value and value != {"type": "text"}:
            request.besides.append(_compact(value))
            request.doubts[f"how {what} are written to the model is not published"] = None


def _take_message(message: object, where: str, request: RequestText) -> None:
    if not isinstance(message, dict):
        raise Unusable(f"{where} is no object with role and content.")
    role = message.get("role")
    if not isinstance(role, str) or not role:
        raise Unusable(f"There is no role in {where}.")
    try:
        known = Role(role)
    except ValueError:
        known = Role.SYSTEM if role == "developer" else Role.USER
        request.doubts[f"how the role “{harmless(role)[:40]}” is billed is not published"] = None
    content = message.get("content")
    if content is None and known is Role.ASSISTANT:
        content = message.get("refusal")
    if content is None and role != "function" and not any(map(message.get, _CALLS)):
        raise Unusable(f"There is no content in {where}.")
    request.messages.append((known, _text(content, where, request)))
    name = message.get("name")
    if isinstance(name, str) and name:
        request.names.append(name)
    for key in _CALLS:
        if calls := message.get(key):
            request.besides += _calls(calls)
            request.doubts["how function calls are billed is not published"] = None


def _text(content: object, where: str, request: RequestText) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Unusable(f"The content of {where} is neither text nor a list of parts.")
    texts = [text for part in content if (text := _part(part, where, request)) is not None]
    if len(texts) > 1:
        request.doubts["how several parts of a message are joined is not published"] = None
    return "".join(texts)


def _part(part: object, where: str, request: RequestText) -> str | None:
    """The text of one part of a content; `None` for what has none."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise Unusable(f"A part of the content of {where} is no object.")
    for key in ("text", "refusal"):
        if isinstance(text := part.get(key), str):
            return text
    kind = part.get("type")
    kind = harmless(kind)[:40] if isinstance(kind, str) else "unknown"
    request.doubts[f"its part of type “{kind}” is not counted"] = None
    return None


def _calls(calls: object) -> Sequence[str]:
    """Names and arguments of calls, as far as they have the form of calls."""
    texts: list[str] = []
    for call in calls if isinstance(calls, list) else [calls]:
        function = call.get("function", call) if isinstance(call, dict) else call
        if isinstance(function, dict):
            texts += [v for k in ("name", "arguments") if isinstance(v := function.get(k), str)]
        else:
            texts.append(_compact(function))
    return texts


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
