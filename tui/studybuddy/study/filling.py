"""Filling templates in: pure, and what the student wrote is never read as a template.

Delimiters keep a text apart from what is to be done with it. They are what the template's own
words have as such: `<text>` with `</text>`, three or more of `"` or of the backtick. Where a text
that is filled in has the same, the template's are changed: `<text-2>`, or one more quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from studybuddy.domain.prompts import Template, Variable

_VARIABLE = re.compile(r"\{\{[ \t]*(\w[\w-]*)[ \t]*\}\}")
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)>")
_RUN = {mark: re.compile(f"{mark}+") for mark in ('"', "`")}
_FENCE = 3
"""Marks in a row from which on they are a delimiter."""


def variables_of(text: str) -> tuple[str, ...]:
    """Names of the variables in a template's text, each once, in the order of the text."""
    return tuple(dict.fromkeys(match[1] for match in _VARIABLE.finditer(text)))


def no_variable_in(text: str) -> str:
    """The first beginning of a variable that is none, as far as its line; empty for nothing."""
    begun = re.search(r"\{\{.{0,30}", _VARIABLE.sub("", text))
    return begun[0] if begun else ""


def form_of(template: Template) -> tuple[Variable, ...]:
    """What a form asks for: the declared variables that the text has, then those undeclared."""
    names = variables_of(template.text)
    declared = {variable.name: variable for variable in template.variables}
    told = [variable for name, variable in declared.items() if name in names]
    return (*told, *(Variable(name) for name in names if name not in declared))


def label_of(variable: Variable) -> str:
    """What a form calls a variable."""
    return variable.label or variable.name.replace("_", " ").replace("-", " ").capitalize()


def first_text(form: Sequence[Variable]) -> Variable | None:
    """The variable that takes what was typed behind `/name`: the first long one, else any text."""
    texts = [variable for variable in form if not variable.choices]
    return next((variable for variable in texts if variable.long), next(iter(texts), None))


def default_of(variable: Variable) -> str:
    """What a variable has where nothing is given: its default, else the first of its choices."""
    return variable.default or next(iter(variable.choices), "")


def fill(template: Template, values: Mapping[str, str]) -> str:
    """The template's text with every variable replaced; those without a value by their default.

    No delimiter of the template occurs in a value.
    """
    literals, names = _taken_apart(template.text)
    defaults = {variable.name: default_of(variable) for variable in template.variables}
    given = [values.get(name, defaults.get(name, "")) for name in names]
    literals = _with_other_tags(literals, given)
    for mark in _RUN:
        literals = _with_other_fences(literals, given, mark)
    return "".join([literals[0], *(part for pair in zip(given, literals[1:], strict=True)
                                   for part in pair)])  # fmt: skip


def _taken_apart(text: str) -> tuple[list[str], list[str]]:
    """The template's own words, and between each two of them the name of a variable."""
    pieces = _VARIABLE.split(text)
    return pieces[::2], pieces[1::2]


def _with_other_tags(literals: list[str], values: Sequence[str]) -> list[str]:
    """The template's words with tags that occur in no value."""
    found = {(match[2], match[1]) for words in literals for match in _TAG.finditer(words)}
    names = {name for name, slash in found if slash and (name, "") in found}
    taken = {name.casefold() for name, _ in found}
    renamed = {}
    for name in sorted(names):
        free = name
        number = 1
        while _has_tag(values, free) or (free != name and free.casefold() in taken):
            number += 1
            free = f"{name}-{number}"
        renamed[name] = free
        taken.add(free.casefold())

    def other(match: re.Match[str]) -> str:
        return f"<{match[1]}{renamed.get(match[2], match[2])}>"

    return [_TAG.sub(other, words) for words in literals]


def _has_tag(values: Iterable[str], name: str) -> bool:
    """Whether a value has a tag of that name, however it is written."""
    tag = re.compile(rf"<\s*/?\s*{re.escape(name)}(?![\w-])", re.IGNORECASE)
    return any(tag.search(value) for value in values)


def _with_other_fences(literals: list[str], values: Sequence[str], mark: str) -> list[str]:
    """The template's words with longer rows of a mark, where a value has as long ones.

    A row that would run together with the marks at the edge of a value gets a line of its own.
    """
    run = _RUN[mark]
    fences = [match[0] for words in literals for match in run.finditer(words)
              if len(match[0]) >= _FENCE]  # fmt: skip
    if not fences:
        return literals
    longest = max((len(m[0]) for value in values for m in run.finditer(value)), default=0)
    more = max(0, longest + 1 - min(map(len, fences)))

    def longer(match: re.Match[str]) -> str:
        return match[0] + mark * more if len(match[0]) >= _FENCE else match[0]

    changed = [run.sub(longer, words) for words in literals]
    fence = mark * _FENCE
    for number, value in enumerate(values):
        before, after = changed[number], changed[number + 1]
        if before.endswith(fence) and (not value or value.startswith(mark)):
            changed[number] = f"{before}\n"
        if after.startswith(fence) and value.endswith(mark):
            changed[number + 1] = f"\n{after}"
    return changed
