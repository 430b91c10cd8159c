"""What is offered while an `@file` is typed: the files of the working folder and below it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.document._document import Location

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.usage import Count
from studybuddy.study.file_finding import Found, Tree, find
from studybuddy.study.mentions import in_fence, read, written
from studybuddy.study.typed_paths import working_folder
from studybuddy.ui.widgets.completion_list import Entry
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.domain.counting import TokenCounter
    from studybuddy.ui.widgets.completion import Completer
    from studybuddy.ui.widgets.prompt import Prompt

_LOOK_AGAIN = 0.2
"""Seconds between two looks at what a search has found by now."""
_REST = 0.06
"""Seconds for which an entry is chosen before its file is read."""
_BEFORE = "([{<\"'“‘«,;:"
_A_TOKEN = 4
"""Bytes of a token, about; until it is counted."""
_MOST_CONSIDERED = 4000
"""Lines above the cursor that are looked at for a fence."""


class FilePicker:
    """Offers files by what is typed of their path, the chosen one with its size and tokens."""

    hint = "Enter sends · ↓ or Tab chooses a file · Esc closes"
    hint_chosen = "Enter or Tab puts it in · ↑↓ choose · Esc closes"

    def __init__(
        self,
        prompt: Prompt,
        counter: Callable[[], tuple[TokenCounter, str]],
        picked: Callable[[str], None],
        folder: Callable[[], Path] = working_folder,
    ) -> None:
        """Take the parts.

        Args:
            prompt: where it is typed.
            counter: who counts tokens, and for which model.
            picked: is told the name of each file that is chosen.
            folder: what names are relative to.
        """
        self._prompt = prompt
        self._counter = counter
        self._picked = picked
        self._folder = folder
        self._tree: Tree | None = None
        self._show: Callable[[Sequence[Entry], bool], None] | None = None
        self._word = ""
        self._looked = False
        self._counts: dict[tuple[Path, int, str], str] = {}
        self.completer: Completer | None = None
        """Whose list it is; set by who makes both."""

    def begins(self, line: str, at: Location, above: Sequence[str]) -> bool:
        """Whether a name may begin there: at a word's beginning, in no fence of code."""
        before = line[at[1] - 2 : at[1] - 1] if at[1] > 1 else ""
        if before and not before.isspace() and before not in _BEFORE:
            return False
        return len(above) <= _MOST_CONSIDERED and not in_fence(above)

    def word(self, line: str, begin: int, cursor: int) -> str | None:
        """The path by now, with the quote that it may begin with."""
        typed = line[begin + 1 : cursor]
        if typed.startswith('"'):
            return typed if '"' not in typed[1:] else None
        return None if any(map(str.isspace, typed)) else typed

    def find(self, word: str, show: Callable[[Sequence[Entry], bool], None]) -> None:
        """Look for files, in a thread."""
        self._show, self._word, self._looked = show, word.removeprefix('"'), False
        if self._tree is None:
            self._tree = tree = Tree(self._folder())
            start(self._prompt, partial(self._search, tree), "file-search", exclusive=True)
        start(self._prompt, self._look, "file-look", exclusive=True)

    def waits(self) -> bool:
        """Whether the search goes on, or this word was not looked for yet."""
        return not self._looked or (self._tree is not None and not self._tree.whole)

    async def _search(self, tree: Tree) -> None:
        search = asyncio.create_task(asyncio.to_thread(tree.search))
        try:
            while not search.done():
                await asyncio.wait({search}, timeout=_LOOK_AGAIN)
                if tree is not self._tree:
                    return
                start(self._prompt, self._look, "file-look", exclusive=True)
        finally:
            tree.stop()

    async def _look(self) -> None:
        tree, word, show = self._tree, self._word, self._show
        if tree is None or show is None:
            return
        whole = tree.whole
        found = await asyncio.to_thread(find, word, tree)
        if word != self._word or tree is not self._tree:
            return
        self._looked = True
        if any(file.name == word and not file.is_folder for file in found[:1]):
            clear = False  # it is all there: Enter sends
        else:
            clear = bool(word and found and _is_meant(word, found[0].name))
        entries = [
            Entry(file.name, "", _size(file), file.places, _Value(file.name, file))
            for file in found
        ]
        if entries or whole or tree.whole:
            show(entries, clear)

    # The chosen one

    def chosen(self, entry: Entry | None) -> None:
        """Count the tokens of the file that is chosen, in a thread."""
        if entry is None or entry.value.file.is_folder:
            return
        file: Found = entry.value.file
        counter, model = self._counter()
        known = self._counts.get((file.path, file.size, model))
        about = Count(max(1, file.size // _A_TOKEN), exact=False) if file.size else Count()
        self._tell(entry, known or _tokens(about))
        if known is None:
            count = partial(self._count, entry, counter, model)
            start(self._prompt, count, "file-count", exclusive=True)

    async def _count(self, entry: Entry, counter: TokenCounter, model: str) -> None:
        await asyncio.sleep(_REST)
        file: Found = entry.value.file
        told = await asyncio.to_thread(_counted, file, counter, model)
        self._counts[file.path, file.size, model] = told
        self._tell(entry, told)

    def _tell(self, entry: Entry, told: str) -> None:
        if self.completer is not None:
            size = _size(entry.value.file)
            self.completer.update(replace(entry, aside=f"{size} · {told}"))

    # What is done with it

    def take(self, entry: Entry, begin: Location, end: Location, *, complete: bool) -> bool:
        """Put the name in; a folder can be gone into."""
        file: Found = entry.value.file
        if file.is_folder:
            quote = '"' if written(f"{file.name}x").startswith('@"') else ""
            self._prompt.write(f"@{quote}{file.name}", begin, end)
            return True
        row, column = end
        line = self._prompt.document[row]
        quoted = line[begin[1] + 1 : begin[1] + 2] == '"' and line[column : column + 1] == '"'
        column += quoted
        blank = "" if line[column : column + 1].isspace() else " "
        self._prompt.write(f"{written(file.name)}{blank}", begin, (row, column))
        self._picked(file.name)
        return False

    def end(self) -> None:
        """Stop looking."""
        if self._tree is not None:
            self._tree.stop()
        self._tree = self._show = None

    def entered(self, text: str) -> bool:
        """Leave it to be sent: what it mentions is read then."""
        return False

    def given_up(self) -> None:
        """Leave what is typed."""


class _Value:
    """A file; the same as another of its name, whatever its size is by now."""

    def __init__(self, name: str, file: Found) -> None:
        self.name = name
        self.file = file

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Value) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


def _is_meant(word: str, name: str) -> bool:
    """Whether a file's path begins as it is typed, or a word of its name does."""
    word, name = word.lower(), name.lower()
    own = name.rstrip("/").rpartition("/")[2]
    return name.startswith(word) or any(
        own.startswith(word, at) and (at == 0 or not own[at - 1].isalnum())
        for at in range(len(own))
    )


def _size(file: Found) -> str:
    if file.is_folder:
        return ""
    if file.size < 1000:
        return f"{file.size} B"
    if file.size < 1_000_000:
        return f"{file.size / 1000:,.1f} kB"
    return f"{file.size / 1_000_000:,.1f} MB"


def _tokens(count: Count) -> str:
    return f"{count} token{'s' * (count.tokens != 1)}"


def _counted(file: Found, counter: TokenCounter, model: str) -> str:
    """Tokens of a file, or why it can't be put in, in few words; for a thread."""
    try:
        return _tokens(counter.count(read(file.name, file.path), model))
    except StudyBuddyError as error:
        kind = file.path.suffix.lstrip(".").upper()
        if kind in ("PDF", "DOCX", "PPTX"):
            return "F5 adds it to notes"
        return error.problem.sentence.removeprefix(file.name).strip().rstrip(".")
