"""Personas and templates: those of the app, and the student's own files."""

from __future__ import annotations

import asyncio
import re
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Example, Persona, Template
from studybuddy.domain.text import harmless
from studybuddy.storage.files import disk_problem, write_private

LONGEST_NAME = 60
"""Characters of a name."""
LONGEST_FILE = 1_000_000
"""Bytes; what is longer is no prompt."""

Kind = TypeVar("Kind", bound=Persona | Template)
BuiltIn = tuple[Sequence[Persona], Sequence[Template]]


def _none() -> BuiltIn:
    return (), ()


class FileLibrary:
    """`domain.prompts.PromptLibrary` on `personas/*.toml` and `templates/*.toml` of a folder.

    The folder is looked at on each reading, so a file that was changed is seen at once; one that
    was not is not read again.
    """

    def __init__(self, folder: Path, built_in: Callable[[], BuiltIn] = _none) -> None:
        """Take the folder, which need not exist, and what gives the app's own; neither is read."""
        self._built_in = built_in
        self._personas: _Folder[Persona] = _Folder(folder / "personas", "persona")
        self._templates: _Folder[Template] = _Folder(folder / "templates", "template")

    async def personas(self) -> Sequence[Persona]:
        """All personas: the app's in their order, then the student's by name."""
        own = await asyncio.to_thread(self._personas.read)
        return _merged(self._built_in()[0], own)

    async def templates(self) -> Sequence[Template]:
        """All templates, by name."""
        own = await asyncio.to_thread(self._templates.read)
        return sorted(_merged(self._built_in()[1], own), key=lambda template: template.name)

    async def save_persona(self, persona: Persona) -> None:
        """Write an own persona; one of that name is replaced, and the comments in its file stay.

        Raises:
            StudyBuddyError: where the file can't be written, or the name is none.
        """
        from studybuddy.storage.library_files import persona_tables

        name = " ".join(harmless(persona.name).split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise _refused(f"A persona's name has 1 to {LONGEST_NAME} characters.")
        persona = replace(
            persona,
            name=name,
            description=" ".join(harmless(persona.description).split()),
            system_prompt=harmless(persona.system_prompt),
            examples=tuple(Example(harmless(e.question), harmless(e.answer))
                           for e in persona.examples),
            starters=tuple(map(harmless, persona.starters)),
        )  # fmt: skip
        await asyncio.to_thread(self._personas.write, name, persona_tables(persona))

    async def save_template(self, template: Template) -> None:
        """Write an own template; one of that name is replaced, and the comments in its file stay.

        Raises:
            StudyBuddyError: where the file can't be written, or the name is none.
        """
        from studybuddy.storage.library_files import template_tables

        if not template.name or template.name != file_stem(template.name):
            raise _refused("A template's name has lower case letters, digits and hyphens only.")
        variables = (
            replace(
                variable,
                name=harmless(variable.name),
                label=harmless(variable.label),
                default=harmless(variable.default),
                choices=tuple(map(harmless, variable.choices)),
            )
            for variable in template.variables
        )
        template = replace(
            template,
            description=" ".join(harmless(template.description).split()),
            text=harmless(template.text),
            variables=tuple(variables),
        )
        await asyncio.to_thread(self._templates.write, template.name, template_tables(template))

    async def delete_persona(self, name: str) -> None:
        """Delete an own persona; nothing where there is none.

        Raises:
            StudyBuddyError: where the file can't be deleted.
        """
        await asyncio.to_thread(self._personas.delete, name)

    async def delete_template(self, name: str) -> None:
        """Delete an own template; nothing where there is none.

        Raises:
            StudyBuddyError: where the file can't be deleted.
        """
        await asyncio.to_thread(self._templates.delete, name)

    def complaints(self) -> Sequence[str]:
        """What is wrong with files that could not be read the last time, a sentence each."""
        return [*self._personas.complaints, *self._templates.complaints]

    def place(self, name: str, *, template: bool) -> str:
        """The file of an own persona or template, or that which it would be saved in."""
        folder = self._templates if template else self._personas
        return str(folder.place(name))


@dataclass(frozen=True, slots=True)
class _Read(Generic[Kind]):
    """What a file has, as long as it looks like that to the file system."""

    looks: tuple[int, int, int]
    thing: Kind | None
    complaints: tuple[str, ...]


class _Folder(Generic[Kind]):
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
                raise _refused(f"{taken} is there already, and can't be read as a template.")
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                text = None
                if path.exists():
                    text = changed_text(path.read_text("utf-8-sig"), tables)
                if text is None:
                    text = new_text(tables, template=self._kind == "template")
                write_private(path, text)
            except UnicodeDecodeError as error:
                raise _refused(f"The file {path} is not UTF-8 text.") from error
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


def _merged(built_in: Sequence[Kind], own: Sequence[Kind]) -> list[Kind]:
    """The app's, each replaced by an own one of its name, then the other own ones."""
    names: dict[str, Kind] = {thing.name.casefold(): thing for thing in own}
    first: list[Kind] = [names.pop(thing.name.casefold(), thing) for thing in built_in]
    return [*first, *names.values()]


def _refused(sentence: str) -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.SETTINGS, sentence, "Choose another name."))
