"""What a prompt that begins with a slash can call: templates, and commands of the app."""

from __future__ import annotations

import difflib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.document._document import Location

from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.study.fuzzy import match
from studybuddy.ui.commands import BY_ID
from studybuddy.ui.widgets.completion_list import Entry
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.domain.prompts import Template

COMMANDS: Mapping[str, str] = {
    "new": "new",
    "find": "find",
    "model": "model",
    "persona": "persona",
    "templates": "templates",
    "file": "attach_file",
    "editor": "editor",
    "retry": "retry",
    "answer": "answer",
    "differently": "differently",
    "continue": "continue",
    "edit": "edit_question",
    "compare": "compare",
    "undo": "undo",
    "copy": "copy_answer",
    "code": "copy_code",
    "export": "export",
    "import": "import",
    "notes": "notes",
    "assistants": "assistants",
    "steps": "steps",
    "mode": "mode",
    "carry": "carry",
    "system": "system_prompt",
    "tokens": "tokens",
    "usage": "usage",
    "limits": "limits",
    "rename": "rename",
    "pin": "pin_conversation",
    "archive": "archive",
    "folder": "folder",
    "delete": "delete_conversation",
    "settings": "settings",
    "setup": "setup",
    "theme": "theme",
    "help": "help",
    "quit": "quit",
}
"""Names of commands behind a slash, and the ids in the table of commands."""
_WORD = re.compile(r"/([\w-]*)(?=\s|$)")
_CALL = re.compile(r"/([\w-]+)(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that can be called."""

    name: str
    told: str
    """What it does, in a sentence."""
    command: str = ""
    """Its id in the table of commands; empty for a template."""


class Slash:
    """Offers templates and commands while a `/name` is typed at the beginning of the prompt."""

    hint = "Enter sends it as it is · ↓ or Tab chooses · Esc closes"

    def __init__(
        self,
        prompt: Prompt,
        templates: Callable[[], Awaitable[Sequence[Template]]] | None,
        why_not: Callable[[str], str],
        tell: Callable[[Problem], None],
    ) -> None:
        """Take the parts.

        Args:
            prompt: where it is typed.
            templates: reads the templates; `None` where there are none.
            why_not: why a command of that id can't be carried out right now; empty where it can.
            tell: takes what went wrong on reading.
        """
        self._prompt = prompt
        self._read = templates
        self._why_not = why_not
        self._tell = tell
        self._doubted = ""
        """What calls nothing that there is; Enter on it a second time sends it."""
        self._templates: Sequence[Call] | None = None if templates is not None else ()
        self._calls: Sequence[Call] = ()
        self._again: Callable[[], None] | None = None
        self._as_text = False
        self._chosen: Call | None = None

    @property
    def hint_chosen(self) -> str:
        """What the keys do while something is chosen."""
        does = "runs it" if self._chosen and self._chosen.command else "fills it in"
        return f"Enter {does} · Tab completes · ↑↓ choose · Esc closes"

    def begins(self, line: str, at: Location, above: Sequence[str]) -> bool:
        """Whether the slash is the first character of the prompt."""
        if at != (0, 1):
            return False
        self._as_text = False
        self._list()
        if self._read is not None:
            start(self._prompt, self._load, "templates", exclusive=True)
        return True

    def word(self, line: str, begin: int, cursor: int) -> str | None:
        """The name by now; with a blank behind it while the text of a template is typed."""
        found = _WORD.match(line)
        if found is None or begin:
            return None
        name = found[1]
        if cursor <= 1 + len(name):
            return name
        return f"{name} " if self._is_template(name) else None

    def find(self, word: str, show: Callable[[Sequence[Entry], bool], None]) -> None:
        """Show what fits, at once; again when the templates are read."""
        self._again = lambda: show(*self._found(word))
        self._again()

    def _found(self, word: str) -> tuple[Sequence[Entry], bool]:
        if word.endswith(" "):
            name = word[:-1].lower()
            one = [call for call in self._calls if call.name == name and not call.command]
            return [Entry(f"/{call.name}", call.told, value=call) for call in one], True
        matched = []
        for number, call in enumerate(self._calls):
            if (how := match(word, call.name)) is not None:
                begins = call.name.startswith(word.lower())
                order = call.name != word.lower(), 0 if begins else 1000 - how.score, number
                matched.append((order, how.places, call))
        entries = [
            Entry(f"/{call.name}", call.told, "", tuple(place + 1 for place in places), call)
            for _, places, call in sorted(matched, key=lambda found: found[0])
        ]
        clear = bool(word and entries and entries[0].value.name.startswith(word.lower()))
        return entries, clear

    def waits(self) -> bool:
        """Whether the templates are being read for the first time."""
        return self._templates is None

    def chosen(self, entry: Entry | None) -> None:
        """Say what Enter would do."""
        self._chosen = entry.value if entry else None

    def take(self, entry: Entry, begin: Location, end: Location, *, complete: bool) -> bool:
        """Write the name, or call what it names."""
        call: Call = entry.value
        found = _WORD.match(self._prompt.document[0])
        place = found.end() if found else end[1]
        rest = self._prompt.text[place:]
        if complete or not call.command:
            blank = " " if complete and not call.command and not rest[:1].isspace() else ""
            self._prompt.write(f"/{call.name}{blank}", begin, (0, place))
        else:
            self._prompt.put(rest.lstrip())
        if not complete:
            self._call(call, rest)
        return complete

    def end(self) -> None:
        """Nothing is typed any more."""
        self._again = None
        self._chosen = None

    def given_up(self) -> None:
        """What is typed is text."""
        self._as_text = True

    def entered(self, text: str) -> bool:
        """Call what a prompt names exactly, unless it was said to be text."""
        as_text, self._as_text = self._as_text, False
        found = _CALL.match(text)
        if found is None or as_text:
            return False
        self._list()
        name, rest = found[1].lower(), text[found.end() :].strip()
        call = next((call for call in self._calls if call.name == name), None)
        if call is None or (call.command and rest):
            if name in COMMANDS and not rest:
                self._say(self._why_not(COMMANDS[name]))
                return True
            if self._templates is None:
                start(self._prompt, self._load_and_send, "templates", exclusive=True)
                return True
            return not (call or rest) and self._doubts(name, text)
        if call.command:
            self._prompt.put("")
        self._call(call, rest)
        return True

    def _doubts(self, name: str, text: str) -> bool:
        """Say that there is no such thing, unless that was said of the text before."""
        if self._doubted == text:
            self._doubted = ""
            return False
        self._doubted = text
        near = difflib.get_close_matches(name, [call.name for call in self._calls], 1)
        meant = f" Did you mean /{near[0]}?" if near else ""
        self._say(f"There is no /{name}.{meant} Enter again sends it as text.")
        return True

    def _say(self, text: str) -> None:
        self._prompt.notify(text, markup=False)

    def _call(self, call: Call, rest: str) -> None:
        if call.command:
            self._prompt.post_message(Prompt.CommandChosen(call.command))
        else:
            self._prompt.post_message(Prompt.TemplateChosen(call.name, rest.strip()))

    # What there is

    def _is_template(self, name: str) -> bool:
        name = name.lower()
        return any(call.name == name and not call.command for call in self._calls)

    def _list(self) -> None:
        templates = [call for call in self._templates or () if call.name not in COMMANDS]
        commands = [
            Call(name, BY_ID[command].help, command)
            for name, command in COMMANDS.items()
            if not self._why_not(command)
        ]
        self._calls = [*templates, *commands]

    async def _load(self) -> None:
        assert self._read is not None
        try:
            templates = await self._read()
        except StudyBuddyError as error:
            self._tell(error.problem)
            templates = ()
        self._templates = [Call(template.name, template.description) for template in templates]
        self._list()
        if self._again is not None:
            self._again()

    async def _load_and_send(self) -> None:
        text = self._prompt.text
        await self._load()
        if self._prompt.text == text:  # else it is another conversation's, or goes on
            self._prompt.action_send()
