"""What comes with the app for the library of personas and templates."""

from __future__ import annotations

from collections.abc import Sequence

from studybuddy.domain.prompts import Persona, Template
from studybuddy.study.personas import PERSONAS
from studybuddy.study.templates import TEMPLATES


def built_in() -> tuple[Sequence[Persona], Sequence[Template]]:
    """The personas in the order of lists, and the templates by name."""
    return PERSONAS, TEMPLATES
