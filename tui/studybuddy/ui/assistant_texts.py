"""Longer texts of assistant mode; loaded when the mode is first used."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from studybuddy.domain.assistants import Assistant, AssistantSpec, Tool
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.messages import Conversation
from studybuddy.domain.text import harmless
from studybuddy.study.quiz import NAME as QUIZ
from studybuddy.ui.texts import endpoint_name

_TOOLS = {Tool.FILE_SEARCH: "notes", Tool.CODE_INTERPRETER: "code"}


def tools_shortly(spec: AssistantSpec) -> str:
    """What an assistant has at hand, in a few words."""
    parts = [name for tool, name in _TOOLS.items() if tool in spec.tools]
    own = [function.name for function in spec.functions if function.name != QUIZ]
    if len(own) < len(spec.functions):
        parts.append("quizzes")
    if own:
        parts.append(own[0] if len(own) == 1 else f"{len(own)} functions")
    return " · ".join(parts) or "no tools, just talks"


def who_answers(
    endpoint: Endpoint | None, assistant: Assistant | None, head: Conversation, answered: str
) -> str:
    """The assistant and its model; `answered` is the model that did last, if one is known."""
    name = assistant.spec.name if assistant else head.assistant_name
    model = assistant.spec.model if assistant else ""
    answers = f"{model} · {endpoint.name}" if model and endpoint else ""
    return f"{harmless(name or 'Assistant')} · {answers or endpoint_name(endpoint, answered)}"


def thread_welcome(
    endpoint: Endpoint | None,
    assistant: Assistant | None,
    head: Conversation,
    keys: Mapping[str, str],
) -> Content:
    """What an empty thread says; `keys` gives the keys of a command's id."""
    name = assistant.spec.name if assistant else head.assistant_name
    lines = [Content(harmless(name) or "Assistant mode").stylize("bold $text-primary"), Content("")]
    if endpoint is None:
        lines += [Content(f"No model is chosen yet: press {keys['setup']}."), Content("")]
    if assistant is not None and assistant.spec.description:
        lines += [Content(harmless(assistant.spec.description)), Content("")]
    spec = assistant.spec if assistant else AssistantSpec("", tools=frozenset(Tool))
    if Tool.FILE_SEARCH in spec.tools:
        lines.append(_hint(keys["notes"], "add notes (PDF, Word, slides, text, code), then ask"))
    lines += [
        _hint(keys["assistants"], "another assistant, or one of your own"),
        _hint(keys["steps"], "what it looked up and ran, step by step"),
        _hint(keys["help"], "all keys"),
    ]
    if endpoint is not None and endpoint.kind is EndpointKind.BUILT_IN:
        lines += [
            Content(""),
            Content(
                "The built-in model is very small: its searches and code are real, what it says "
                "about them is often wrong."
            ).stylize("$text-muted"),
        ]
    return Content("\n").join(lines)


def beginnings(assistant: Assistant | None) -> tuple[str, ...]:
    """Questions that a thread may begin with, by what its assistant has at hand."""
    if assistant is None:
        return ()
    spec = assistant.spec
    questions = []
    if Tool.FILE_SEARCH in spec.tools:
        questions.append("What do my notes say about the cell wall?")
    if Tool.CODE_INTERPRETER in spec.tools:
        questions.append("How many years until 3% a year has doubled 10,000? Run code.")
    if any(function.name == QUIZ for function in spec.functions):
        questions.append("Quiz me on photosynthesis: three questions.")
    return tuple(questions)


def _hint(key: str, text: str) -> Content:
    return Content.assemble((f"{key:<8}", "bold $text-accent"), f"  {text}")
