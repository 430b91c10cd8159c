"""What the table of commands is made into: bindings, a keymap, and names of keys."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType
from textual.keys import Keys

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.ui.command import Command, Need, Scope
from studybuddy.ui.command_table import ASSISTANT_MODE, COMMANDS

__all__ = ["ASSISTANT_MODE", "COMMANDS", "Command", "Need", "Scope"]

BY_ID = {command.id: command for command in COMMANDS}
"""The commands by their ids."""


_NO_KEY = "no_key_of_"
"""Begins the names of keys that no keyboard has: with one, a command can be given a key later."""


_MOVES = ("new", "conversations")
"""Commands that what is typed next is meant for the place of: their keys go before it."""


def _goes_first(command: Command) -> bool:
    """Whether an editor is not asked first: it would take Alt and a letter for the letter."""
    return command.keys.startswith("f") or "alt+" in command.keys or command.id in _MOVES


def bindings(scope: Scope, *, namespace: str = "") -> list[BindingType]:
    """Bindings of a scope; `namespace` is where their actions live, such as `screen`."""
    prefix = f"{namespace}." if namespace else ""
    return [
        Binding(
            command.keys or f"{_NO_KEY}{command.id}",
            command.action if "." in command.action else f"{prefix}{command.action}",
            command.label or command.title,
            show=bool(command.label),
            tooltip=command.help,
            id=command.id,
            priority=scope is Scope.PROMPT or _goes_first(command),
        )
        for command in COMMANDS
        if command.scope is scope
    ]


def check_keymap(keys: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """Split the settings' keys into a keymap that works and tell what is wrong with the rest."""
    known = {command.id: command for command in COMMANDS}
    keymap: dict[str, str] = {}
    complaints: list[str] = []
    for command_id, wanted in keys.items():
        if command_id not in known:
            near = difflib.get_close_matches(command_id, known, 1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            complaints.append(f"There is no command “{command_id}” to give a key to.{hint}")
        elif not wanted.strip():
            complaints.append(f"No key is given for “{command_id}”; it keeps its own.")
        elif wrong := [key for key in wanted.replace(" ", "").split(",") if not _is_key(key)]:
            complaints.append(f"“{wrong[0]}” is no key; “{command_id}” keeps its own.")
        else:
            keymap[command_id] = wanted.replace(" ", "")
    complaints.extend(_clashes(keymap, known.values()))
    advice = "Mend it under [keys] in the settings file."
    return keymap, [Problem(ProblemKind.SETTINGS, text, advice) for text in complaints]


def _is_key(key: str) -> bool:
    *modifiers, name = key.split("+")
    if not set(modifiers) <= {"ctrl", "alt", "shift", "super", "hyper", "meta"}:
        return False
    if len(name) == 1 or name in {known.value for known in Keys}:
        return True
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def _clashes(keymap: Mapping[str, str], commands: Iterable[Command]) -> Iterable[str]:
    taken: dict[tuple[Scope, str], Command] = {}
    for command in commands:
        for key in filter(None, keymap.get(command.id, command.keys).split(",")):
            other = taken.setdefault((command.scope, key), command)
            everywhere = taken.get((Scope.EVERYWHERE, key), command)
            if other is not command:
                yield f"“{other.id}” and “{command.id}” share the key {key}; the first one gets it."
            elif everywhere is not command:  # those come first in the table
                where = f"{command.scope.value[:1].lower()}{command.scope.value[1:]}"
                both = f"“{everywhere.id}” and “{command.id}” share the key {key}"
                yield f"{both}; only one of them gets it {where}."


_KEY_NAMES = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "delete": "Del",
    "insert": "Ins",
    "asterisk": "*",
    "slash": "/",
}


def key_names(keys: str) -> str:
    """Keys as they are written for people: `ctrl+j,f1` becomes `Ctrl+J, F1`."""

    def name(key: str) -> str:
        if key in _KEY_NAMES:
            return _KEY_NAMES[key]
        parts = [part.upper() if len(part) == 1 and "+" in key else part for part in key.split("+")]
        return "+".join(part if len(part) == 1 else part.capitalize() for part in parts)

    return ", ".join(name(key.strip()) for key in keys.split(",") if key.strip())


def keys_of(command_id: str, keymap: Mapping[str, str]) -> str:
    """The keys of a command as they are bound, written for people."""
    default = next(command.keys for command in COMMANDS if command.id == command_id)
    return key_names(keymap.get(command_id, default))
