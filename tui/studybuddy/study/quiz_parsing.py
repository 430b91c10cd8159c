"""Reading what models pass to `display_quiz`, which is not always what the schema asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from studybuddy.domain.text import harmless
from studybuddy.study.quiz_values import Question, Quiz

_TITLE = "Quiz"
_TEXT_KEYS = ("question_text", "question", "text", "prompt", "title", "name")
_CHOICE_KEYS = ("choices", "options", "answers", "answer_choices", "alternatives")
_QUESTION_KEYS = ("questions", "items", "quiz", "question_list")
_WRAPPERS = ("arguments", "parameters", "args", "input", "quiz", "display_quiz")
_FENCED = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)
_LABEL = re.compile(r"\s*[(\[]?([A-Za-z]|\d{1,2})[)\].:]\s+(?=\S)")
_DEEPEST = 4
MOST = 200
"""Questions that are asked, and choices of one; what a model sends beyond is left out."""


def parse(arguments: str) -> Quiz:
    """Return the quiz that a model asked for by `arguments`, JSON text.

    What models often get wrong is understood. Raises ValueError with a sentence for the student
    where there is no question in it.
    """
    root = _unwrapped(_loaded(arguments))
    if isinstance(root, Mapping):
        title = _line(_first(root, ("title", "name", "topic")))
        found = _listed(_first(root, _QUESTION_KEYS))
        if not found and _has(root, _TEXT_KEYS[:4]):
            found = [root]
    else:
        title, found = "", _listed(root)
    questions = tuple(filter(None, (_question(one) for one in found[:MOST])))
    if not questions:
        raise ValueError("The assistant wanted to ask a quiz, but there is no question in it.")
    return Quiz(title or _TITLE, questions)


def _loaded(text: str) -> Any:
    for candidate in _candidates(text):
        try:
            return json.loads(candidate, strict=False)
        except ValueError:
            continue
        except RecursionError:
            break
    raise ValueError("The assistant wanted to ask a quiz, but what it sent cannot be read.")


def _candidates(text: str) -> Sequence[str]:
    """The text, and what is JSON in it where there is more around it."""
    found = [text, *_FENCED.findall(text)]
    begin, end = text.find("{"), text.rfind("}")
    if 0 <= begin < end:
        found.append(text[begin : end + 1])
    return found


def _unwrapped(value: Any) -> Any:
    for _ in range(_DEEPEST):
        if isinstance(value, str):
            value = _loaded(value)
        elif isinstance(value, Mapping) and not _has(value, (*_TEXT_KEYS[:3], "questions")):
            inner = _first(value, _WRAPPERS)
            if not isinstance(inner, str | Mapping | list):
                return value
            value = inner
        else:
            return value
    return value


def _listed(value: Any) -> Sequence[Any]:
    """Return questions or choices as a list, however they were given."""
    if isinstance(value, str):
        stripped = value.strip()
        if stripped[:1] in ("[", "{"):
            try:
                return _listed(json.loads(stripped, strict=False))
            except (ValueError, RecursionError):
                pass
        return [line for line in stripped.splitlines() if line.strip()]
    if isinstance(value, Mapping):
        return [value] if _text(_first(value, _TEXT_KEYS)) else list(value.values())
    return value if isinstance(value, list) else []


def _question(value: Any) -> Question | None:
    if not isinstance(value, Mapping):
        text = _text(value)
        return Question(text) if text else None
    text = _text(_first(value, _TEXT_KEYS))
    if not text:
        return None
    kind = re.sub(r"[^a-z]", "", str(_first(value, ("question_type", "type", "kind"))).lower())
    choices = _unlabelled([_choice(one) for one in _listed(_first(value, _CHOICE_KEYS))[:MOST]])
    if kind.startswith(("truefalse", "boolean", "yesno")) and len(choices) < 2:
        choices = ["Yes", "No"] if kind.startswith("yesno") else ["True", "False"]
    free = kind.startswith(("free", "open", "short", "text", "essay"))
    return Question(text, () if free or len(choices) < 2 else tuple(choices))


def _choice(value: Any) -> str:
    if isinstance(value, Mapping):
        named = _text(_first(value, ("choice_text", "text", "choice", "option", "value", "label")))
        return named or _text(next(iter(value.values()), ""))
    if isinstance(value, bool):
        return str(value)
    return _text(value)


def _unlabelled(choices: Sequence[str]) -> list[str]:
    """Drop the blank ones, and "A) " and the like where all are numbered so in order."""
    kept = [choice for choice in choices if choice]
    labels = [_LABEL.match(choice) for choice in kept]
    for alphabet in ("abcdefghijklmnopqrstuvwxyz", [str(n) for n in range(1, 100)]):
        if all(
            label is not None and label[1].lower() == name
            for label, name in zip(labels, alphabet, strict=False)
        ):
            pairs = zip(kept, labels, strict=True)
            return [choice[label.end() :] if label else choice for choice, label in pairs]
    return kept


def _first(value: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((value[key] for key in keys if value.get(key) not in (None, "", [], {})), "")


def _has(value: Mapping[str, Any], keys: Sequence[str]) -> bool:
    return any(key in value for key in keys)


def _text(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return harmless(str(value)).strip()
    return ""


def _line(value: Any) -> str:
    return " ".join(_text(value).split())
