"""The settings file as it is first written: every setting, as a comment that explains it."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from studybuddy.domain.setting_fields import docstrings
from studybuddy.domain.settings import EndpointSettings, PriceSettings, Settings

_HEADING = """\
# The settings of StudyBuddy. A line that begins with # is a comment: take the # away to use it.
# Keys of endpoints are never kept here.
"""
_PRICE = PriceSettings(2.5, 10.0, 1.25, 2.5, 128_000, 16_384)
"""An example: a model has no price by default."""


def new_settings_text() -> str:
    """A settings file that changes nothing and explains every setting."""
    lines = [_HEADING]
    tables: list[str] = []
    said, defaults = docstrings(Settings), Settings()
    for field in dataclasses.fields(Settings):
        about = f"# {said[field.name]}" if field.name in said else "#"
        if field.name == "keys":
            tables += [about, "# [keys]", '# new_conversation = "ctrl+n,f5"', ""]
        elif field.name == "endpoints":
            tables += [about, "# [endpoints.NAME]", *_lines_of(EndpointSettings("")), ""]
        elif field.name == "prices":
            tables += [about, '# [prices."MODEL"]', *_lines_of(_PRICE), ""]
        elif dataclasses.is_dataclass(table := getattr(defaults, field.name)):
            tables += [about, *_more_about(table), f"# [{field.name}]", *_lines_of(table), ""]
        else:
            lines += [about, comment_of(field.name, field.default), ""]
    return "\n".join([*lines, *tables])


def _lines_of(table: Any) -> list[str]:
    """A comment for each key of a table, with the value that it has here."""
    said = docstrings(type(table))
    return [
        f"{comment_of(field.name, getattr(table, field.name))}  # {said.get(field.name, '')}"
        for field in dataclasses.fields(table)
    ]


def _more_about(table: Any) -> list[str]:
    """What a table's docstring says beyond its first paragraph."""
    paragraphs = inspect.cleandoc(type(table).__doc__ or "").split("\n\n")[1:]
    return [f"# {' '.join(paragraph.split())}" for paragraph in paragraphs]


def comment_of(name: str, value: Any) -> str:
    """The comment that shows a setting with a value: `# theme = "nord"`."""
    import tomlkit

    if value is None or value is dataclasses.MISSING:
        return f"# {name} ="
    return f"# {name} = {tomlkit.item(value).as_string()}"
