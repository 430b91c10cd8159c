"""What can be set, read off the settings' own classes: names, types, defaults and explanations."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import types
from collections.abc import Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from studybuddy.domain.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True)
class SettingField:
    """One thing that can be set, or a table of things that the student names."""

    place: tuple[str, ...]
    """Its name with the tables it is in, outermost first; "*" stands for any name."""
    kind: type
    """`str`, `bool`, `int`, `float`; `dict` for a table whose keys the student names."""
    default: Any
    """`None` where there is none, or nothing is set."""
    said: str = ""
    """The docstring that explains it, as one line; empty where there is none to be had."""
    choices: tuple[str, ...] = ()
    """The texts that it may be; empty for any."""
    entry: type | None = None
    """What the values of a `dict` are: a dataclass, or `str`."""


def setting_fields(cls: type = Settings, inside: tuple[str, ...] = ()) -> tuple[SettingField, ...]:
    """Everything that can be set, in the order in which it is declared.

    Of a table of tables, its own field comes first and those of an entry follow it, with "*" for
    the entry's name.
    """
    found: list[SettingField] = []
    hints, said = get_type_hints(cls), docstrings(cls)
    for field in dataclasses.fields(cls):
        hint, place = hints[field.name], (*inside, field.name)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            found += setting_fields(hint, place)
        elif get_origin(hint) is dict:
            entry = get_args(hint)[1]
            found.append(SettingField(place, dict, {}, said.get(field.name, ""), entry=entry))
            if isinstance(entry, type) and dataclasses.is_dataclass(entry):
                found += setting_fields(entry, (*place, "*"))
        else:
            default = None if field.default is dataclasses.MISSING else field.default
            kind, choices = _kind_of(hint)
            found.append(SettingField(place, kind, default, said.get(field.name, ""), choices))
    return tuple(found)


def _kind_of(hint: Any) -> tuple[type, tuple[str, ...]]:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(one for one in get_args(hint) if one is not types.NoneType)
    if get_origin(hint) is Literal:
        return str, tuple(map(str, get_args(hint)))
    return hint, ()


def value_at(settings: Settings, place: Sequence[str]) -> Any:
    """What is set at a place; `None` where a table has no entry of that name."""
    value: Any = settings
    for name in place:
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    return value


def docstrings(cls: type) -> dict[str, str]:
    """The docstring below each field of a class, as one line; nothing without its source."""
    try:
        body = ast.parse(inspect.getsource(cls)).body[0]
    except (OSError, SyntaxError):
        return {}
    assert isinstance(body, ast.ClassDef)
    said = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    said[statement.target.id] = " ".join(text.split())
    return said
