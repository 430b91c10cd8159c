"""Heads of conversations: new ones, whose they are, and what they are called at first."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Conversation, Mode, new_id

if TYPE_CHECKING:
    from studybuddy.domain.prompts import Persona

TITLE_LENGTH = 60
"""Characters of a title taken from the first question."""


def new_conversation(system_prompt: str = "", mode: Mode = Mode.COMPLETION) -> Conversation:
    """A conversation that nothing was said in yet."""
    now = time.time()
    return Conversation(new_id(), "", now, now, mode, system_prompt)


def in_persona(head: Conversation, persona: Persona) -> Conversation:
    """A conversation's head with what a persona gives it."""
    return replace(
        head,
        system_prompt=persona.system_prompt,
        persona=persona.name,
        examples=persona.examples,
    )


def title_from(question: str) -> str:
    """The first line with words in it, cut at a word where it is long."""
    line = next((line.strip() for line in question.splitlines() if line.strip()), "")
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"
