"""Whether a key can be given to a command: what is taken, and what terminals do not send."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from textual.binding import Binding
from textual.widgets import TextArea

from studybuddy.ui.commands import COMMANDS, Command, Scope, key_names

NOT_SENT = {
    "ctrl+m": "as Enter",
    "ctrl+i": "as Tab",
    "ctrl+left_square_bracket": "as Esc",
    "ctrl+h": "as Backspace",
    "ctrl+at": "as Ctrl+Space",
    "alt+b": "as Ctrl+Left",
    "alt+f": "as Ctrl+Right",
}
"""Keys that many terminals can't tell from others, and how they send them."""
_TYPED = frozenset(
    {"enter", "tab", "shift+tab", "space", "backspace", "delete", "escape", "ctrl+c"}
)
"""Keys that no command of the whole screen or of the prompt may take; Esc and these leave it."""
_TMUX, _FLOW = "ctrl+b", "ctrl+s"


def keys_now(command: Command, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of a command as they are bound."""
    keys = keymap.get(command.id, command.keys)
    return tuple(key.strip() for key in keys.split(",") if key.strip())


def refusal(command: Command, key: str, keymap: Mapping[str, str]) -> str:
    """Why a command can't have a key, as a sentence; empty where it can.

    Args:
        command: who is to get it.
        key: as Textual names it, such as "ctrl+n".
        keymap: the keys that differ from the default, by the ids of commands.
    """
    own = key in keys_now(command, {})  # by default: it works, whatever else is true of it
    if not own and (why := _unusable(command, key)):
        return why
    for other in COMMANDS:
        meets = other is not command and _meet(command.scope, other.scope)
        if meets and key in keys_now(other, keymap):
            where = "" if other.scope is command.scope else f" ({other.scope.value.lower()})"
            return f"{key_names(key)} belongs to “{other.title}”{where}."
    return ""


def _unusable(command: Command, key: str) -> str:
    name = key_names(key)
    if key in NOT_SENT:
        return f"Many terminals send {name} {NOT_SENT[key]}: choose another key."
    if key == _TMUX:
        return f"{name} belongs to tmux: choose another key."
    if key == _FLOW:
        return f"{name} halts some terminals: choose another key."
    if key.startswith("ctrl+shift+") or "super+" in key:
        return f"{name} belongs to terminals themselves: choose another key."
    if command.scope in (Scope.EVERYWHERE, Scope.PROMPT):
        if _is_typed(key):
            return f"{name} is needed for writing: take one with Ctrl, Alt or F1 to F12."
        if key in _editing():
            return f"{name} edits the prompt: choose another key."
    elif key in ("escape", "tab", "shift+tab", "ctrl+c"):
        return f"{name} leads out of here: choose another key."
    return ""


def _is_typed(key: str) -> bool:
    """Whether it writes something, or moves through what is written."""
    return key in _TYPED or not any(
        (key.startswith(("ctrl+", "alt+")), "+alt+" in key, _is_function_key(key))
    )


def _is_function_key(key: str) -> bool:
    name = key.removeprefix("shift+")
    return name in ("insert", "pageup", "pagedown") or (name[:1] == "f" and name[1:].isdigit())


@lru_cache(1)
def _editing() -> frozenset[str]:
    """What the editor does something with; function keys are better used by commands."""
    keys = {
        key.strip()
        for binding in TextArea.BINDINGS
        for key in (binding.key if isinstance(binding, Binding) else binding[0]).split(",")
    }
    return frozenset(key for key in keys if not _is_function_key(key))


def _meet(one: Scope, other: Scope) -> bool:
    """Whether both may have their keys at work at the same time."""
    return one is other or Scope.EVERYWHERE in (one, other)
