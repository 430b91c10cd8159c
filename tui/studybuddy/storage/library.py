"""Personas and templates: those of the app, and the student's own files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from studybuddy.domain.text import harmless

if TYPE_CHECKING:
    from studybuddy.domain.prompts import Persona, Template
    from studybuddy.storage.library_folder import Folder, Kind

BuiltIn: TypeAlias = "tuple[Sequence[Persona], Sequence[Template]]"


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
        self._folder = folder

    @cached_property
    def _personas(self) -> Folder[Persona]:
        from studybuddy.storage.library_folder import Folder  # not before the first frame

        return Folder(self._folder / "personas", "persona")

    @cached_property
    def _templates(self) -> Folder[Template]:
        from studybuddy.storage.library_folder import Folder

        return Folder(self._folder / "templates", "template")

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
        from studybuddy.domain.prompts import Example
        from studybuddy.storage.library_files import persona_tables
        from studybuddy.storage.library_folder import LONGEST_NAME, refused

        name = " ".join(harmless(persona.name).split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise refused(f"A persona's name has 1 to {LONGEST_NAME} characters.")
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
        from studybuddy.storage.library_folder import file_stem, refused

        if not template.name or template.name != file_stem(template.name):
            raise refused("A template's name has lower case letters, digits and hyphens only.")
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

    def complaints(self, *, template: bool | None = None) -> Sequence[str]:
        """What is wrong with files that could not be read the last time, a sentence each."""
        personas = () if template else self._personas.complaints
        return [*personas, *(() if template is False else self._templates.complaints)]

    def place(self, name: str, *, template: bool) -> str:
        """The file of an own persona or template, or that which it would be saved in."""
        folder = self._templates if template else self._personas
        return str(folder.place(name))


def _merged(built_in: Sequence[Kind], own: Sequence[Kind]) -> list[Kind]:
    """The app's, each replaced by an own one of its name, then the other own ones."""
    names: dict[str, Kind] = {thing.name.casefold(): thing for thing in own}
    first: list[Kind] = [names.pop(thing.name.casefold(), thing) for thing in built_in]
    return [*first, *names.values()]
