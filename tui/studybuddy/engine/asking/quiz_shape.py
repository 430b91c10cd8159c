"""Functions that show a quiz, whatever their arguments are called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studybuddy.engine.asking.offered import Function

_USUAL = 3
_MOST = 8
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_COUNT = re.compile(
    r"\b(\d{1,3}|" + "|".join(_NUMBERS) + r")\b[\w\s,-]{0,30}\b(?:questions?|quiz|items?)", re.I
)
_MULTIPLE = re.compile(r"multiple.choice|\bchoice\b", re.IGNORECASE)
_FREE = re.compile(r"free.(?:response|text|form)|open.?ended|short.answer", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """A question of a quiz, with what its answer rests on."""

    text: str
    choices: tuple[str, ...] = ()
    """Empty for a free response."""


@dataclass(frozen=True, slots=True)
class QuizShape:
    """The names that a quiz function gives to its parts."""

    questions: str
    text: str
    title: str = ""
    kind: str = ""
    multiple: str = ""
    """The type's value for multiple choice."""
    free: str = ""
    choices: str = ""
    least: int = 1
    most: int = _MOST

    def arguments(self, title: str, items: Sequence[Item]) -> dict[str, Any]:
        """The arguments for a quiz."""
        told: dict[str, Any] = {self.title: title} if self.title else {}
        told[self.questions] = [self._question(item) for item in items]
        return told

    def items(self, arguments: Mapping[str, Any]) -> list[Item]:
        """The questions in arguments that were made before."""
        listed = arguments.get(self.questions)
        found: list[Item] = []
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, Mapping) and isinstance(each.get(self.text), str):
                choices = each.get(self.choices) if self.choices else None
                kept = tuple(map(str, choices)) if isinstance(choices, list) else ()
                found.append(Item(each[self.text], kept))
        return found

    def _question(self, item: Item) -> dict[str, Any]:
        told: dict[str, Any] = {self.text: item.text}
        if self.kind:
            told[self.kind] = self.multiple if item.choices else self.free
        if self.choices:
            told[self.choices] = list(item.choices)
        return told


def quiz_shape(function: Function) -> QuizShape | None:
    """How a function wants a quiz; `None` where it shows none."""
    for name, schema in function.properties.items():
        items = schema.get("items") if isinstance(schema, Mapping) else None
        inner = items.get("properties") if isinstance(items, Mapping) else None
        if not isinstance(inner, Mapping) or "question" not in name.lower():
            continue
        text = _first(inner, "question", "text", "prompt", kind="string")
        if not text:
            continue
        kind = next((n for n, s in inner.items() if isinstance(s, Mapping) and s.get("enum")), "")
        values = [str(value) for value in inner[kind]["enum"]] if kind else []
        return QuizShape(
            questions=name,
            text=text,
            title=_first(function.properties, "title", "name", "topic", kind="string"),
            kind=kind,
            multiple=next(filter(_MULTIPLE.search, values), values[0] if values else ""),
            free=next(filter(_FREE.search, values), ""),
            choices=_first(inner, "choice", "option", "answer", kind="array"),
            least=_number(schema.get("minItems"), 1),
            most=min(_MOST, _number(schema.get("maxItems"), _MOST)),
        )
    return None


def count_in(question: str, shape: QuizShape) -> int:
    """How many questions a message asks for."""
    found = _COUNT.search(question)
    asked = _USUAL if found is None else _NUMBERS.get(found[1].lower()) or int(found[1])
    return max(shape.least, min(shape.most, asked, _MOST), 1)


def kinds_in(question: str, shape: QuizShape, count: int) -> tuple[bool, bool]:
    """Whether multiple choice and free response are wanted, and can be had."""
    multiple, free = bool(_MULTIPLE.search(question)), bool(_FREE.search(question))
    if not multiple and not free:
        multiple, free = True, count > 2
    can_choose = bool(shape.choices) and bool(shape.multiple or not shape.kind)
    can_write = bool(shape.free) or not shape.kind
    multiple, free = multiple and can_choose, free and can_write
    return (multiple, free) if multiple or free else (can_choose, not can_choose)


def _first(properties: Mapping[str, Any], *parts: str, kind: str) -> str:
    """The first property whose name has one of the parts, and that is of a kind; or empty."""
    for part in parts:
        for name, schema in properties.items():
            if not isinstance(schema, Mapping) or "enum" in schema:
                continue
            if part in name.lower() and schema.get("type") == kind:
                return name
    return ""


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise
