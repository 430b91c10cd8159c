"""What is offered while a `/name` or an `@file` is typed into the prompt, and what the keys do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from textual.document._document import Location
from textual.widgets import TextArea

from studybuddy.ui.as_written import is_spoken
from studybuddy.ui.widgets.completion_list import CompletionList, Entry


class Source(Protocol):
    """Offers one kind of thing."""

    @property
    def hint(self) -> str:
        """What the keys do while nothing is chosen."""
        ...

    @property
    def hint_chosen(self) -> str:
        """What they do while something is."""
        ...

    def begins(self, line: str, at: Location, above: Sequence[str]) -> bool:
        """Whether its character, just typed in front of that place, begins anything."""
        ...

    def word(self, line: str, begin: int, cursor: int) -> str | None:
        """What is typed behind the character by now; `None` where that is over."""
        ...

    def find(self, word: str, show: Callable[[Sequence[Entry], bool], None]) -> None:
        """Look for what fits, and show it at once or later, perhaps several times.

        `show` takes the entries, the best first, and whether the first is clearly meant.
        """
        ...

    def waits(self) -> bool:
        """Whether something may still come that fits the word."""
        ...

    def chosen(self, entry: Entry | None) -> None:
        """Another entry is chosen, or none."""
        ...

    def take(self, entry: Entry, begin: Location, end: Location, *, complete: bool) -> bool:
        """Put an entry in place of what is typed, or carry it out unless it is to `complete`.

        Returns whether more can be typed of it.
        """
        ...

    def end(self) -> None:
        """The list is closed; forget what is being looked for."""
        ...

    def entered(self, text: str) -> bool:
        """Whether a whole prompt was carried out, which is then not to be sent."""
        ...

    def given_up(self) -> None:
        """Esc closed the list: what is typed is meant as text."""
        ...


class Completer:
    """The list above one prompt. Nothing here waits: what takes its time comes later."""

    def __init__(
        self, prompt: TextArea, sources: Mapping[str, Source], send: Callable[[], None]
    ) -> None:
        """Take the prompt, what each character offers, and what sends the prompt after all."""
        self._prompt = prompt
        self._sources = sources
        self._send = send
        self._list: CompletionList | None = None
        self._source: Source | None = None
        self._begin: Location = (0, 0)
        self._word: str | None = None
        self._entries: Sequence[Entry] = ()
        self._listed: Sequence[Entry] = ()
        """What is offered before anything is typed, which has the numbers."""
        self._at: int | None = None
        self._moved = False
        self._shown = False
        self._takes_next = ""
        """The key that came before what it is to take."""

    @property
    def open(self) -> bool:
        """Whether the list is on the screen."""
        return self._shown

    # What is typed

    def typed(self, character: str, at: Location) -> None:
        """Begin, where a character was typed, in front of that place, that begins something."""
        source, (row, column), lines = self._sources.get(character), at, self._prompt.document.lines
        if source is None or row >= len(lines) or lines[row][column - 1 : column] != character:
            return
        line, above = lines[row], lines[:row] if row else ()
        if source.begins(line, (row, column), above):
            self.close()
            self._source, self._begin = source, (row, column - 1)
            self.changed()

    def changed(self) -> None:
        """Follow the text and the cursor."""
        source = self._source
        if source is None:
            return
        (row, begin), (at, cursor) = self._begin, self._prompt.cursor_location
        lines = self._prompt.document.lines
        there = row < len(lines) and at == row and cursor > begin
        word = source.word(lines[row], begin, cursor) if there else None
        if word is None:
            if there or not self._is_there():
                self.close()
            else:
                self._hide()
        elif word != self._word:
            self._word, self._moved, self._takes_next = word, False, ""
            if self._numbered(word):
                return
            source.find(word, lambda entries, clear: self._show(word, entries, clear))

    def _numbered(self, word: str) -> bool:
        """Point at the entry whose number is typed, for a screen reader; whether there is one."""
        listed = self._listed
        if not is_spoken(self._prompt) or not word.isdecimal() or not 0 < int(word) <= len(listed):
            return False
        if any(entry.label.lstrip("/@").startswith(word) for entry in listed):
            return False
        assert self._source is not None
        self._entries, self._at, self._moved = listed, int(word) - 1, True
        self._source.chosen(listed[self._at])
        self._draw()
        return True

    def _is_there(self) -> bool:
        """Whether the character still stands where it was typed."""
        row, begin = self._begin
        lines = self._prompt.document.lines
        return row < len(lines) and lines[row][begin : begin + 1] in self._sources

    def _show(self, word: str, entries: Sequence[Entry], clear: bool) -> None:
        source = self._source
        if source is None or word != self._word:
            return
        if not self._moved:
            self._at = 0 if clear and entries else None
        elif self._at is not None and self._at < len(self._entries):
            value = self._entries[self._at].value
            places = [at for at, entry in enumerate(entries) if entry.value == value]
            self._at = places[0] if places else None
        self._entries = entries
        if not word:
            self._listed = entries
        if entries:
            source.chosen(entries[self._at] if self._at is not None else None)
            self._draw()
        else:
            self._hide()
        self._catch_up(source)

    def _catch_up(self, source: Source) -> None:
        """Do what a key was to do that came before the entries."""
        key = self._takes_next
        if not key or (self._at is None and source.waits()):
            return
        self._takes_next = ""
        if self._at is not None:
            self._take(complete=key == "tab")
        elif key == "enter":
            self._send()

    def _draw(self) -> None:
        source = self._source
        assert source is not None
        if self._list is None:
            self._list = CompletionList(self.clicked)
            self._list.display = False
            parent = self._prompt.parent
            assert parent is not None
            self._prompt.screen.mount(self._list, before=self._prompt)
        hint = source.hint if self._at is None else source.hint_chosen
        self._shown = True
        self._list.show(self._entries, self._at, hint)

    # Keys

    def took(self, key: str) -> bool:
        """Whether a key was for the list."""
        source = self._source
        if source is None:
            return False
        if key == "tab" and self._word is not None:
            if self._shown:
                self._at = self._at or 0
                self._take(complete=True)
                return True
            if source.waits():
                self._takes_next = key
                return True
        if not self._shown:
            return False
        if key in ("up", "down"):
            if len(self._entries) == 1 and self._at == 0:
                return False  # there is nothing to choose
            self._move(-1 if key == "up" else 1)
        elif key == "escape":
            source.given_up()
            self.close()
        else:
            return False
        return True

    def entered(self) -> bool:
        """Whether Enter was for what is chosen, and is not to send the prompt."""
        source = self._source
        if source is not None and self._word is not None:
            if self._shown and self._at is not None:
                self._take(complete=False)
                return True
            if self._word and not self._takes_next and source.waits():
                self._takes_next = "enter"
                return True
        text = self._prompt.text
        done = any(source.entered(text) for source in self._sources.values())
        self.close()
        return done

    def _move(self, by: int) -> None:
        assert self._source is not None
        count = len(self._entries)
        if self._at is None:
            self._at = 0 if by > 0 else count - 1
        else:
            self._at = (self._at + by) % count
        self._moved = True
        self._source.chosen(self._entries[self._at])
        self._draw()

    def clicked(self, number: int) -> None:
        """Take the entry that was clicked."""
        if self._source is not None and number < len(self._entries):
            self._at = number
            self._take(complete=False)
        self._prompt.focus()

    def _take(self, *, complete: bool) -> None:
        source = self._source
        assert source is not None
        assert self._at is not None
        entry, (row, begin) = self._entries[self._at], self._begin
        end = row, begin + 1 + len(self._word or "")
        self._word, self._takes_next = None, ""
        if source.take(entry, (row, begin), end, complete=complete):
            self.changed()
        else:
            self.close()

    def update(self, entry: Entry) -> None:
        """Show another text for the entry of the same value."""
        self._entries = [entry if e.value == entry.value else e for e in self._entries]
        if self._shown:
            self._draw()

    def close(self) -> None:
        """Take the list off the screen; what is typed stays."""
        self._hide()
        source, self._source = self._source, None
        self._word, self._entries, self._at, self._takes_next = None, (), None, ""
        self._listed = ()
        if source is not None:
            source.end()

    def _hide(self) -> None:
        self._shown = False
        if self._list is not None:
            self._list.hide()
