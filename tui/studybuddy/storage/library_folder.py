"""A folder of files that the student writes, each a persona or a template."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage.files import disk_problem, write_private

if TYPE_CHECKING:
    from studybuddy.domain.prompts import Persona, Template

LONGEST_NAME = 60
"""Characters of a name."""
LONGEST_FILE = 1_000_000
"""Bytes; what is longer is no prompt."""

Kind = TypeVar("Kind", bound="Persona | Template")


@dataclass(frozen=True, slots=True)
class _Read(Generic[Kind]):
    """What a file has, as long as it looks like that to the file system."""

    looks: tuple[int, int, int]
    thing: Kind | None
    complaints: tuple[str, ...]


class Folder(Generic[Kind]):
    """The student's files of one kind; safe from several threads."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._kind = kind
        self._files: dict[Path, _Read[Kind]] = {}
        self._places: dict[str, Path] = {}
        """By the name's folded form."""
        self._lock = threading.Lock()
        self.complaints: Sequence[str] = ()
        """Of the last reading."""

    def read(self) -> list[Kind]:
        """The things of all files, by name."""
        with self._lock:
            return self._read()

    def _read(self) -> list[Kind]:
        complaints: list[str] = []
        try:
            paths = sorted(p for p in self._folder.iterdir() if _is_ours(p))
        except FileNotFoundError:
            paths = []
        except OSError as error:
            paths = []
            complaints.append(str(disk_problem(error, self._folder)))
        self._files = {path: self._of(path) for path in paths}
        things: dict[str, Kind] = {}
        places: dict[str, Path] = {}
        for path, read in self._files.items():
            complaints += read.complaints
            if read.thing is None:
                continue
            folded = read.thing.name.casefold()
            if folded in things:
                complaints.append(
                    f"The {self._kind} “{read.thing.name}” is in two files: {places[folded]} is "
                    f"used. Give the one in {path} another name."
                )
            else:
                things[folded], places[folded] = read.thing, path
        self._places, self.complaints = places, complaints
        return [things[folded] for folded in sorted(things)]

    def _of(self, path: Path) -> _Read[Kind]:
        """What a file has; it is read if it looks other than the last time."""
        try:
            stat = path.stat()
            looks = stat.st_mtime_ns, stat.st_size, stat.st_ino
            known = self._files.get(path)
            if known is not None and known.looks == looks:
                return known
            raw = path.read_bytes() if stat.st_size <= LONGEST_FILE else None
        except OSError as error:
            complaint = (
                f"The {self._kind} file {path} could not be read: {error.strerror or error}."
            )
            return _Read((0, 0, 0), None, (f"{complaint} The others still work.",))
        if raw is None:
            return _Read(looks, None, (f"The {self._kind} file {path} is too long to be one.",))
        return _Read(looks, *self._parsed(path, raw))

    def _parsed(self, path: Path, raw: bytes) -> tuple[Kind | None, tuple[str, ...]]:
        from studybuddy.storage.library_files import Reading, read_persona, read_template
        from studybuddy.storage.settings import BrokenSettings, parse

        try:
            text, data = parse(raw)
        except BrokenSettings as error:
            return None, (
                f"The {self._kind} file {path} is not valid TOML: {error}. Correct it there; until "
                "then it is left out, and the others still work.",
            )
        reading = Reading(data, text)
        thing: Any
        if self._kind == "persona":
            thing = read_persona(reading, path.stem)
        else:
            thing = read_template(reading, file_stem(path.stem) or self._kind)
        if not reading.mistakes:
            return thing, ()
        advice = "the rest of it is used" if thing is not None else "until then it is left out"
        told = "; ".join(reading.mistakes)
        return thing, (f"In the {self._kind} file {path}, {told}. Correct it there; {advice}.",)

    def write(self, name: str, tables: Mapping[str, Any]) -> None:
        """Write a file, the one that has that name already if there is one.

        Raises:
            StudyBuddyError: where that fails.
        """
        from studybuddy.storage.library_files import changed_text, new_text

        with self._lock:
            self._read()
            path = self._place(name)
            if self._kind == "template" and path.stem != name and name not in self._places:
                taken = path.with_name(f"{name}.toml")
                raise refused(f"{taken} is there already, and can't be read as a template.")
            try:
                for folder in (self._folder.parent, self._folder):  # the mode is of the last only
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                text = None
                if path.exists():
                    text = changed_text(path.read_text("utf-8-sig"), tables)
                if text is None:
                    text = new_text(tables, template=self._kind == "template")
                write_private(path, text)
            except UnicodeDecodeError as error:
                raise refused(f"The file {path} is not UTF-8 text.") from error
            except OSError as error:
                raise StudyBuddyError(disk_problem(error, path)) from error
            self._places[name.casefold()] = path

    def delete(self, name: str) -> None:
        """Delete the file that has that name, if there is one.

        Raises:
            StudyBuddyError: where that fails.
        """
        with self._lock:
            self._read()
            path = self._places.pop(name.casefold(), None)
            if path is None:
                return
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StudyBuddyError(disk_problem(error, path)) from error

    def place(self, name: str) -> Path:
        """The file that has that name, or a free one for it."""
        with self._lock:
            return self._place(name)

    def _place(self, name: str) -> Path:
        if (known := self._places.get(name.casefold())) is not None:
            return known
        stem = file_stem(name) or self._kind
        path, number = self._folder / f"{stem}.toml", 1
        while path.exists():
            number += 1
            path = self._folder / f"{stem}-{number}.toml"
        return path


_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$")
"""Names that Windows keeps for devices."""


def file_stem(name: str) -> str:
    """A name as a file's name without its ending: lower case letters, digits and hyphens."""
    folded = unicodedata.normalize("NFC", name).lower()
    letters = "".join(c if c.isalnum() else "-" for c in folded)
    stem = re.sub("-+", "-", letters).strip("-")[:LONGEST_NAME].strip("-")
    return f"{stem}-1" if _RESERVED.match(stem) else stem


def _is_ours(path: Path) -> bool:
    return path.suffix == ".toml" and not path.name.startswith(".") and path.is_file()


def refused(sentence: str) -> StudyBuddyError:
    """The refusal of a name."""
    return StudyBuddyError(Problem(ProblemKind.SETTINGS, sentence, "Choose another name."))
