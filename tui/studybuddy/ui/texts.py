"""Longer texts of the screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.messages import Mode
from studybuddy.domain.text import harmless, one_line

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.assistants import Assistant

HONEST = (
    "The built-in model is very small (135 million parameters). It runs on this computer, costs "
    "nothing and sends nothing anywhere, and it is often wrong: check what it tells you."
)
STUDY_BUDDY = "Study Buddy"
"""The persona that answers where none is chosen."""
BETTER = "For better answers press F12: paste a key, or use a model server such as Ollama."


def welcome(endpoint: Endpoint | None, persona: str = "") -> Content:
    """What an empty conversation says, and the name of the persona that it is with."""
    title = Content(harmless(persona) or "Study Buddy")
    lines = [title.stylize("bold $text-primary"), Content("")]
    if endpoint is None:
        lines.append(Content("No model is chosen yet: press F12."))
    elif endpoint.kind is EndpointKind.BUILT_IN:
        lines += [Content(HONEST), Content(BETTER)]
    else:
        model = endpoint.model or "the server's first model"
        lines.append(Content(f"You are talking to {model} ({endpoint.name})."))
    lines += [
        Content(""),
        Content(
            "Ask about what you are learning: a word, a line of code, an error, a whole topic."
        ),
        Content("F1 shows all keys."),
    ]
    return Content("\n").join(lines)


def endpoint_label(endpoint: Endpoint) -> str:
    """An endpoint in a list of choices."""
    match endpoint.kind:
        case EndpointKind.BUILT_IN:
            return "Built-in model (small, free, on this computer)"
        case EndpointKind.OPENAI:
            return "OpenAI"
        case _:
            return f"{endpoint.name} ({endpoint.base_url})"


def endpoint_name(endpoint: Endpoint | None, answered: str) -> str:
    """Who answers, in few words; `answered` is the model that did last, if one is known."""
    if endpoint is None:
        return "no model chosen (F12)"
    if endpoint.kind is EndpointKind.BUILT_IN:
        return "built-in model (small)"
    return f"{endpoint.model or answered or 'default model'} · {endpoint.name}"


def introduce(
    endpoint: Endpoint | None,
    session: Session,
    assistant: Assistant | None,
    keys: Mapping[str, str],
    student: str = "",
) -> tuple[Content, str]:
    """What an empty conversation says, and who answers in it, in few words.

    `student` is greeted by that name where it is known.
    """
    head = session.head
    answered = next((m.model for m in reversed(session.messages) if m.model), "")
    if head.mode is Mode.COMPLETION:
        name = endpoint_name(endpoint, answered)
        empty = welcome(endpoint, head.persona)
        return _greeted(empty, student), f"{_as_whom(head.persona)}{name}"
    from studybuddy.ui.assistant_texts import thread_welcome, who_answers

    name = who_answers(endpoint, assistant, head, answered)
    empty = thread_welcome(endpoint, assistant, head, keys)
    return _greeted(empty, student), f"{_as_whom(head.persona)}{name}"


def _greeted(empty: Content, student: str) -> Content:
    if not student.strip():
        return empty
    hello = Content(f"Hello, {one_line(student)}!").stylize("bold $text-accent")
    return Content("\n\n").join([hello, empty])


def _as_whom(persona: str) -> str:
    """A persona in front of who answers; nothing for the one that needs no name."""
    return f"{harmless(persona)} · " if persona not in ("", STUDY_BUDDY) else ""
