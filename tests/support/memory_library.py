"""A library of personas and templates without a disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Persona, Template


class MemoryLibrary:
    """`domain.prompts.PromptLibrary` in memory."""

    def __init__(
        self, personas: Sequence[Persona] = (), templates: Sequence[Template] = ()
    ) -> None:
        """Take the app's own."""
        self._built_in = {persona.name.casefold(): persona for persona in personas}
        self._templates = {template.name: template for template in templates}
        self._own: dict[str, Persona] = {}
        self._own_templates: dict[str, Template] = {}
        self.wrong: list[str] = []
        """What `complaints` tells."""

    async def personas(self) -> Sequence[Persona]:
        own = [self._own[name] for name in sorted(self._own) if name not in self._built_in]
        return [*(self._own.get(name, p) for name, p in self._built_in.items()), *own]

    async def templates(self) -> Sequence[Template]:
        every = {**self._templates, **self._own_templates}
        return [every[name] for name in sorted(every)]

    async def save_persona(self, persona: Persona) -> None:
        name = persona.name.strip()
        if not 0 < len(name) <= 60:
            raise _refused("A persona's name has 1 to 60 characters.")
        self._own[name.casefold()] = replace(persona, name=name, own=True)

    async def save_template(self, template: Template) -> None:
        name = template.name
        if not name or any(not c.isalnum() and c != "-" for c in name) or name != name.lower():
            raise _refused("A template's name has lower case letters, digits and hyphens only.")
        self._own_templates[name] = replace(template, own=True)

    async def delete_persona(self, name: str) -> None:
        self._own.pop(name.casefold(), None)

    async def delete_template(self, name: str) -> None:
        self._own_templates.pop(name, None)

    def complaints(self, *, template: bool | None = None) -> Sequence[str]:
        return [told for told in self.wrong if template in (None, "template" in told)]

    def place(self, name: str, *, template: bool) -> str:
        return f"/library/{'templates' if template else 'personas'}/{name}.toml"


def _refused(sentence: str) -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.SETTINGS, sentence, "Choose another name."))
