"""What is sent to the model for a run's next answer: Chat Completions messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studybuddy.engine.objects import Message, Run, RunStep
from studybuddy.engine.runs.fitting import ChatMessage
from studybuddy.engine.runs.ledger import Look
from studybuddy.engine.runs.notes import StepNote

_NEVER_SHOWN = frozenset({"run_cancelled", "run_failed", "run_expired"})
"""Why messages are incomplete that the model is not shown again: nobody meant them to stand."""


def head_of(run: Run, notice: str = "") -> list[ChatMessage]:
    """The system's messages: the instructions, and what else the model is to know."""
    content = "\n\n".join(part for part in (run.instructions, notice) if part)
    return [{"role": "system", "content": content}] if content else []


def history_of(look: Look) -> list[ChatMessage]:
    """The thread's messages without those of the run; stored pictures are told by file id."""
    told = [_told(message, look.file_names) for message in look.history if _is_to_be_shown(message)]
    return [message for message in told if message["content"]]


def rounds_of(look: Look) -> list[ChatMessage]:
    """What the run did so far: its messages, its calls of tools, and their outputs."""
    texts = {id: text_of(message) for id, message in look.said.items()}
    found: list[dict[str, Any]] = []
    for step, note in look.steps:
        if step.status != "completed":
            continue
        if step.type == "message_creation":
            text = texts.get(step.step_details["message_creation"]["message_id"], "")
            found.append({"role": "assistant", "content": text})
        else:
            _add_calls(found, note)
    return list(found)


def text_of(message: Message) -> str:
    """The text of a message, without its pictures."""
    return "\n\n".join(
        part["text"]["value"] for part in message.content if part.get("type") == "text"
    )


def is_first(look: Look) -> bool:
    """Whether the run has called no tools yet."""
    return not any(s.type == "tool_calls" and s.status == "completed" for s, _ in look.steps)


def calls_made(steps: Sequence[tuple[RunStep, StepNote]]) -> int:
    """How many tool calls a run has made."""
    return sum(len(note.calls) for _, note in steps)


def wrong_rounds(steps: Sequence[tuple[RunStep, StepNote]]) -> int:
    """How many rounds of calls, counted from the last one backwards, were all wrong."""
    rounds = [note.wrong for step, note in steps if step.type == "tool_calls"]
    return next((n for n, wrong in enumerate(reversed(rounds)) if not wrong), len(rounds))


def _add_calls(found: list[dict[str, Any]], note: StepNote) -> None:
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in note.calls
    ]
    # Text and calls of one answer are two steps of a run, and one message of a chat.
    if found and found[-1]["role"] == "assistant" and "tool_calls" not in found[-1]:
        found[-1]["tool_calls"] = calls
    else:
        found.append({"role": "assistant", "content": None, "tool_calls": calls})
    found += [
        {"role": "tool", "tool_call_id": call.id, "content": call.output or ""}
        for call in note.calls
    ]


def _is_to_be_shown(message: Message) -> bool:
    if message.status == "in_progress":
        return False
    return (message.incomplete_details or {}).get("reason") not in _NEVER_SHOWN


def _told(message: Message, file_names: Mapping[str, str]) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for part in message.content:
        match part.get("type"):
            case "text":
                parts.append({"type": "text", "text": _unmarked(part["text"])})
            case "image_url" | "image_file" as kind:
                parts.append({"type": kind, kind: part[kind]})
    names = [
        file_names.get(attached.get("file_id", ""), "a file")
        for attached in message.attachments or ()
    ]
    if names:
        parts.append({"type": "text", "text": f"[Attached: {', '.join(names)}]"})
    if all(part["type"] == "text" for part in parts):  # which every server understands
        return {"role": message.role, "content": "\n\n".join(part["text"] for part in parts)}
    return {"role": message.role, "content": parts}


def _unmarked(text: Mapping[str, Any]) -> str:
    """A text without the marks of its citations: their numbers mean nothing in another run."""
    value: str = text["value"]
    places = [(a["start_index"], a["end_index"]) for a in text.get("annotations") or ()]
    for start, end in sorted(places, reverse=True):  # those before it stay where they are
        value = value[:start] + value[end:]
    return value
