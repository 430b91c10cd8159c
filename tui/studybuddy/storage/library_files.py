"""Personas and templates as TOML that a student reads and edits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studybuddy.domain.prompts import Example, Persona, Template, Variable

_KINDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list",
          dict: "a table"}  # fmt: skip


@dataclass(slots=True)
class Reading:
    """A file's tables as they are read, and what is wrong with them."""

    data: Mapping[str, Any]
    text: str
    """The file, to tell lines."""
    mistakes: list[str] = field(default_factory=list)
    """Each goes on after the file's name: "`name` must be text, not a number (line 3)"."""
    table: str = ""
    """The list of tables that `data` is in; empty for the file itself."""
    number: int = 0
    """Which of those tables it is, from 0."""

    def string(self, key: str) -> str:
        """A text; empty where there is none."""
        value = self.data.get(key, "")
        if not isinstance(value, str):
            self._wrong(key, f"must be text, not {_kind(value)}")
            return ""
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            what = "a list of other things" if isinstance(value, list) else _kind(value)
            self._wrong(key, f'must be a list of texts, such as ["one", "two"], not {what}')
            return ()
        return tuple(value)

    def flag(self, key: str) -> bool:
        """True or false; false where it is not said."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self._wrong(key, f"must be true or false, not {_kind(value)}")
            return False
        return value

    def tables(self, key: str) -> list[Reading]:
        """A list of tables, each `[[key]]` in the file."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(key, f"must be written as [[{key}]], once for each")
            return []
        return [Reading(item, self.text, self.mistakes, key, n) for n, item in enumerate(value)]

    def needs(self, key: str) -> bool:
        """Whether a key that has to be there is there."""
        if key in self.data:
            return isinstance(self.data[key], str)
        self._wrong(key, "is missing")
        return False

    def knows(self, *keys: str) -> None:
        """Tell of keys that mean nothing here."""
        import difflib

        for key in self.data:
            if key not in keys:
                near = difflib.get_close_matches(key.lower(), keys, 1)
                hint = f" (did you mean `{near[0]}`?)" if near else ""
                self._wrong(key, f"means nothing here{hint}")

    def _wrong(self, key: str, what: str) -> None:
        line = self._line_of(key)
        self.mistakes.append(f"`{key}` {what}" + (f" (line {line})" if line else ""))

    def _line_of(self, key: str) -> int | None:
        """The line of a key, or else of the table it is missing in, from 1."""
        header = re.compile(rf"\s*\[\[\s*{re.escape(self.table)}\s*\]\]")
        wanted = re.compile(rf"""\s*(\[\[)?\s*["']?{re.escape(key)}["']?\s*(=|\]\])""")
        at, seen = None, -1
        for number, line in enumerate(self.text.split("\n"), 1):
            if self.table and header.match(line):
                seen += 1
                at = number if seen == self.number else at
            elif (not self.table or seen == self.number) and wanted.match(line):
                return number
        return at


def read_persona(reading: Reading, stem: str) -> Persona | None:
    """The persona of a file that is called `stem`; `None` where it can't be used."""
    reading.knows("name", "description", "system_prompt", "starters", "examples")
    if not reading.needs("system_prompt"):
        reading.string("system_prompt")
        return None
    examples = []
    for table in reading.tables("examples"):
        table.knows("question", "answer")
        if table.needs("question") and table.needs("answer"):
            examples.append(Example(table.string("question"), table.string("answer")))
    return Persona(
        name=" ".join(reading.string("name").split()) or stem,
        description=reading.string("description"),
        system_prompt=reading.string("system_prompt"),
        examples=tuple(examples),
        starters=reading.strings("starters"),
        own=True,
    )


def read_template(reading: Reading, stem: str) -> Template | None:
    """The template of a file that is called `stem`; `None` where it can't be used."""
    reading.knows("description", "text", "variables")
    if not reading.needs("text"):
        reading.string("text")
        return None
    variables = []
    for table in reading.tables("variables"):
        table.knows("name", "label", "default", "choices", "long")
        if table.needs("name"):
            variables.append(
                Variable(
                    table.string("name"),
                    table.string("label"),
                    table.string("default"),
                    table.strings("choices"),
                    table.flag("long"),
                )
            )
    return Template(
        stem, reading.string("description"), reading.string("text"), tuple(variables), own=True
    )


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a date or time")


# Writing

_PERSONA_HEADING = """\
# A persona of Study Buddy: who answers, and how. Change this file with any text editor; the app
# sees it at once. A line that begins with # is a comment.
"""
_TEMPLATE_HEADING = """\
# A template of Study Buddy; the file's name is what you type after the slash. Change it with any
# text editor; the app sees it at once. A line that begins with # is a comment.
"""


def persona_tables(persona: Persona) -> dict[str, Any]:
    """What the file of a persona says."""
    tables: dict[str, Any] = {
        "name": persona.name,
        "description": persona.description,
        "system_prompt": persona.system_prompt,
        "starters": list(persona.starters),
    }
    if persona.examples:
        tables["examples"] = [{"question": e.question, "answer": e.answer}
                              for e in persona.examples]  # fmt: skip
    return tables


def template_tables(template: Template) -> dict[str, Any]:
    """What the file of a template says, but for its name, which is the file's."""
    tables: dict[str, Any] = {"description": template.description, "text": template.text}
    variables = []
    for variable in template.variables:
        table: dict[str, Any] = {"name": variable.name}
        if variable.label:
            table["label"] = variable.label
        if variable.default:
            table["default"] = variable.default
        if variable.choices:
            table["choices"] = list(variable.choices)
        if variable.long:
            table["long"] = True
        variables.append(table)
    if variables:
        tables["variables"] = variables
    return tables


_COMMENTS = {
    "name": "Shown in the list.",
    "description": "One sentence, shown below the name.",
    "system_prompt": "What the model is told before anything else. Between the ''' everything "
    "stands as it is,\n# in as many lines as you like.",
    "starters": "Questions that an empty conversation offers.",
    "examples": "Examples, as many as you like: a question, and how it is to be answered.",
    "text": "What goes into the prompt. {{name}} is a place to fill in. Keep what the student puts "
    "in apart\n# from your own words, for example between <text> and </text>.",
    "variables": "What the form says for each place; those you leave out get a plain field. "
    "`label` is\n# shown, `default` is filled in already, `choices` lets one be chosen, and `long` "
    "gives more lines.",
}


def new_text(tables: Mapping[str, Any], *, template: bool) -> str:
    """A file that says that, and explains itself."""
    parts = [_TEMPLATE_HEADING if template else _PERSONA_HEADING]
    for key, value in tables.items():
        comment = f"# {_COMMENTS[key]}\n"
        if key in ("examples", "variables"):
            parts.append(comment + "\n".join(f"[[{key}]]\n{_lines(table)}" for table in value))
        else:
            parts.append(comment + _lines({key: value}, long=key in ("system_prompt", "text")))
    if "examples" not in tables and not template:
        parts.append(
            f"# {_COMMENTS['examples']}\n# [[examples]]\n# question = \"…\"\n# answer = '''\n"
            "# …'''\n"
        )
    return "\n".join(parts)


def changed_text(text: str, tables: Mapping[str, Any]) -> str | None:
    """A file's text that says that now, with its comments; `None` where that can't be done."""
    import tomllib

    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        before = tomllib.loads(text)
        document = tomlkit.parse(text)
        for key in [*before, *tables]:
            if key not in tables:
                del document[key]
            elif before.get(key) != tables[key]:
                document[key] = tomlkit.parse(_table_text(key, tables[key]))[key]
        new = tomlkit.dumps(document)
        return new if tomllib.loads(new) == dict(tables) else None
    except (TOMLKitError, ValueError, TypeError, KeyError):
        return None


def _table_text(key: str, value: Any) -> str:
    if key in ("examples", "variables"):
        return "\n".join(f"[[{key}]]\n{_lines(table)}" for table in value)
    return _lines({key: value}, long=key in ("system_prompt", "text"))


def _lines(table: Mapping[str, Any], *, long: bool = False) -> str:
    return "".join(f"{key} = {_written(value, long=long)}\n" for key, value in table.items())


def _written(value: Any, *, long: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _paragraphs(value) if long or "\n" in value else _one_line(value)
    if not value:
        return "[]"
    items: Sequence[str] = value
    return "[\n" + "".join(f"    {_written(item)},\n" for item in items) + "]"


def _one_line(text: str) -> str:
    if "\\" in text or '"' in text:
        return f"'{text}'" if "'" not in text else _escaped(text)
    return f'"{text}"'


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _paragraphs(text: str) -> str:
    if "'''" in text or text.endswith("'"):
        return f'"""\n{_escaped(text)[1:-1]}"""'
    return f"'''\n{text}'''"
