"""The one table of commands: it feeds keys, key bar, palette, help and the keymap.

Keys avoid what terminals and tmux take for themselves: no ctrl+b (tmux), ctrl+s (flow
control), ctrl+m or ctrl+i (Enter and Tab), ctrl+shift (the terminal's own), F10 and F11.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType
from textual.keys import Keys

from studybuddy.domain.problems import Problem, ProblemKind


class Scope(StrEnum):
    """Where a command's keys work."""

    EVERYWHERE = "Everywhere"
    PROMPT = "In the prompt"
    TRANSCRIPT = "In the conversation"
    ASSISTANTS = "In the list of assistants"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the student can do."""

    id: str
    """Names the action, the binding and the entry in the settings' `[keys]`."""
    title: str
    help: str
    """One sentence."""
    keys: str
    """Default keys, comma separated; empty where the palette is enough."""
    label: str = ""
    """Short name in the key bar; empty keeps it out."""
    scope: Scope = Scope.EVERYWHERE


COMMANDS: tuple[Command, ...] = (
    Command("help", "Help", "Show all keys and commands.", "f1", "Help"),
    Command("mode", "Switch mode", "Switch between completion and assistant mode.", "f2", "Mode"),
    Command("sidebar", "Fold sidebar", "Show or fold away the sidebar.", "f3", "Sidebar"),
    Command("model", "Choose model", "Choose the model or endpoint that answers.", "f4", "Model"),
    Command("notes", "Notes", "Add notes to the assistant, or remove some.", "f5", "Notes"),
    Command("new", "New conversation or thread", "Start a new conversation.", "ctrl+n", "New"),
    Command("conversations", "Conversations and threads", "Go to the list of conversations.",
            "ctrl+o"),
    Command("assistants", "Assistants", "Go to the list of assistants.", "ctrl+l", "Assistants"),
    Command("steps", "Steps", "Show or fold away the steps of the run.", "ctrl+g", "Steps"),
    Command("answer", "Answer", "Answer what is waited for, or choose what to do.", "ctrl+t",
            "Answer"),
    Command("carry", "Carry over", "Go on with a copy of this conversation in the other mode.",
            "shift+f2"),
    Command("stop", "Stop", "Stop the answer and keep what came.", "escape", "Stop"),
    Command("retry", "Retry", "Ask the last question again.", "ctrl+r", "Retry"),
    Command("copy_answer", "Copy message", "Copy the chosen or the last answer.", "f7", "Copy"),
    Command("copy_code", "Copy code", "Copy the chosen or the last code block.", "f8", "Copy code"),
    Command("system_prompt", "System prompt", "Change how the model is told to behave.", "f9"),
    Command("tokens", "Tokens and cost", "Show what the next request is made of, and costs.",
            "shift+f4,alt+t"),
    Command("token_view", "Token view", "Show the prompt as coloured tokens.", "shift+f5,alt+v"),
    Command("usage", "Usage", "Show what was used and paid so far.", "shift+f6,alt+u"),
    Command("limits", "Limits", "Set the longest answer, and what happens to what is too long.",
            "shift+f9,alt+l"),
    Command("lift_budget", "Lift budget", "Go on beyond a budget that is used up.", ""),
    Command("filler_words", "Leave out filler words", "Switch on or off: leave words that say "
            "nothing out of prompts, shown before sending.", ""),
    Command("keep_answers", "Keep answers", "Switch on or off: give an answer again where the "
            "same is asked in the same context.", ""),
    Command("steady_prefix", "Steady beginning", "Switch on or off: keep the beginning of requests "
            "the same, for servers that charge less for it.", ""),
    Command("clear_kept_answers", "Clear kept answers", "Forget the answers that were kept.", ""),
    Command("setup", "Set up", "Paste a key, or choose a server or the built-in model.", "f12"),
    Command("switch_pane", "Switch pane", "Go between prompt and conversation.", "f6"),
    Command("palette", "Command palette", "Find a command by its name.", "ctrl+p"),
    Command("theme", "Change theme", "Choose the colours.", ""),
    Command("quit", "Quit", "Leave; everything is kept.", "ctrl+q", "Quit"),
    Command("send", "Send", "Send the prompt.", "enter", scope=Scope.PROMPT),
    Command(
        "newline", "New line", "Start a new line.", "ctrl+j,shift+enter,alt+enter", "", Scope.PROMPT
    ),
    Command(
        "page_up", "Scroll up", "Scroll the conversation up.", "pageup", scope=Scope.PROMPT
    ),
    Command(
        "page_down", "Scroll down", "Scroll the conversation down.", "pagedown", scope=Scope.PROMPT
    ),
    Command(
        "follow", "Follow the end", "Go to the end of the conversation.", "ctrl+end", "",
        Scope.PROMPT,
    ),
    Command("previous", "Previous message", "Choose the message before.", "up,k", "",
            Scope.TRANSCRIPT),
    Command("next", "Next message", "Choose the message after.", "down,j", "", Scope.TRANSCRIPT),
    Command("previous_code", "Previous code block", "Choose the code block before.",
            "left_square_bracket", "", Scope.TRANSCRIPT),
    Command("next_code", "Next code block", "Choose the code block after.",
            "right_square_bracket", "", Scope.TRANSCRIPT),
    Command("previous_citation", "Previous citation", "Choose the citation before.", "p", "",
            Scope.TRANSCRIPT),
    Command("next_citation", "Next citation", "Choose the citation after.", "n", "Citation",
            Scope.TRANSCRIPT),
    Command("open_citation", "Open citation", "Open the note at the passage that is cited.",
            "enter", "Open", Scope.TRANSCRIPT),
    Command("copy_here", "Copy", "Copy the chosen code block or message.", "c,y", "Copy",
            Scope.TRANSCRIPT),
    Command("pin", "Pin message", "Keep the chosen message in the context, or no longer.",
            "asterisk", "Pin", Scope.TRANSCRIPT),
    Command("new_assistant", "New assistant", "Make an assistant of your own.", "n,insert",
            "New", Scope.ASSISTANTS),
    Command("edit_assistant", "Edit assistant", "Change the assistant's name, instructions, tools.",
            "e", "Edit", Scope.ASSISTANTS),
    Command("duplicate_assistant", "Duplicate assistant", "Make a copy of the assistant.", "d",
            "Duplicate", Scope.ASSISTANTS),
    Command("delete_assistant", "Delete assistant", "Delete the assistant with its notes.",
            "delete,backspace", "Delete", Scope.ASSISTANTS),
)  # fmt: skip

SAVINGS = {
    "filler_words": "Words that say nothing are left out of prompts",
    "keep_answers": "Kept answers are given again where the same is asked",
    "steady_prefix": "The beginning of requests is kept the same for the server's cache",
}
"""Commands that switch a way to use fewer tokens, and what each does; named as the settings."""

ASSISTANT_MODE = frozenset({"notes", "assistants", "steps", "answer"}) | frozenset(
    command.id for command in COMMANDS if command.scope is Scope.ASSISTANTS
)
"""Commands that assistant mode alone has."""


def _with_alt(command: Command) -> bool:
    """Whether it has a key that an editor would take for a letter."""
    return "alt+" in command.keys


def bindings(scope: Scope, *, namespace: str = "") -> list[BindingType]:
    """Bindings of a scope; `namespace` is where their actions live, such as `screen`."""
    prefix = f"{namespace}." if namespace else ""
    return [
        Binding(
            command.keys,
            f"{prefix}{command.id}",
            command.label or command.title,
            show=bool(command.label),
            tooltip=command.help,
            id=command.id,
            priority=scope is Scope.PROMPT or command.keys.startswith("f") or _with_alt(command),
        )
        for command in COMMANDS
        if command.scope is scope and command.keys
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
            if other is not command:
                yield f"“{other.id}” and “{command.id}” share the key {key}; the first one gets it."


_KEY_NAMES = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "delete": "Del",
    "insert": "Ins",
    "asterisk": "*",
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
