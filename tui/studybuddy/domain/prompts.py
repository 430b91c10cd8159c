"""Personas and templates: what a student asks with, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Example:
    """A question and how it is to be answered: one shot of few-shot prompting."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Persona:
    """A preset for a conversation: who the model is to be."""

    name: str
    """Shown in lists; no two have the same but for case."""
    description: str = ""
    """One sentence."""
    system_prompt: str = ""
    examples: tuple[Example, ...] = ()
    starters: tuple[str, ...] = ()
    """Questions that an empty conversation offers."""
    own: bool = False
    """Whether it is a file of the student's; else it comes with the app."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A place in a template that the student fills."""

    name: str
    """As the text has it, in `{{name}}`."""
    label: str = ""
    """What the form says; empty for the name."""
    default: str = ""
    choices: tuple[str, ...] = ()
    """Where only these are possible; empty for any text."""
    long: bool = False
    """Whether it takes several lines, such as a text to work on."""


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt with places to fill, called by `/name`."""

    name: str
    """As it is typed after the slash: lower case letters, digits and hyphens."""
    description: str = ""
    """One sentence."""
    text: str = ""
    """With `{{name}}` for each variable."""
    variables: tuple[Variable, ...] = ()
    """In the order of the form."""
    own: bool = False
    """Whether it is a file of the student's; else it comes with the app."""


class PromptLibrary(Protocol):
    """Personas and templates: those that come with the app, and the student's own files.

    An own one goes before one of the app's that has its name.
    """

    async def personas(self) -> Sequence[Persona]:
        """All personas, in the order of lists."""
        ...

    async def templates(self) -> Sequence[Template]:
        """All templates, by name."""
        ...

    async def save_persona(self, persona: Persona) -> None:
        """Write an own persona; one of that name is replaced.

        Raises:
            StudyBuddyError: where the file can't be written, or the name is none.
        """
        ...

    async def save_template(self, template: Template) -> None:
        """Write an own template; one of that name is replaced.

        Raises:
            StudyBuddyError: where the file can't be written, or the name is none.
        """
        ...

    async def delete_persona(self, name: str) -> None:
        """Delete an own persona; nothing where there is none."""
        ...

    async def delete_template(self, name: str) -> None:
        """Delete an own template; nothing where there is none."""
        ...

    def complaints(self, *, template: bool | None = None) -> Sequence[str]:
        """What is wrong with files that could not be read the last time, a sentence each.

        Of templates, of personas for `False`, or of both.
        """
        ...

    def place(self, name: str, *, template: bool) -> str:
        """The file to open in an editor; one of the app's is copied there first by `save_…`."""
        ...
