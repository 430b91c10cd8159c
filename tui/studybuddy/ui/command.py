"""What a command is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where a command's keys work."""

    EVERYWHERE = "Everywhere"
    PROMPT = "In the prompt"
    TRANSCRIPT = "In the conversation"
    CONVERSATIONS = "In the list of conversations"
    ASSISTANTS = "In the list of assistants"


class Need(StrEnum):
    """What has to be there for a command to do anything."""

    MESSAGES = "messages"  # something was said in the conversation
    REST = "rest"  # no answer is under way in it
    CODE = "code"  # it has a code block


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the student can do."""

    id: str
    """Names the action, the binding and the entry in the settings' `[keys]`."""
    title: str
    help: str
    """One sentence."""
    keys: str
    """Default keys, comma separated; empty where the palette is enough."""
    label: str = ""
    """Short name in the key bar; empty keeps it out."""
    scope: Scope = Scope.EVERYWHERE
    feature: str = ""
    """Which of `features.FEATURES` carries it out; empty for the widget that has the keys."""
    needs: tuple[Need, ...] = ()
    """It is greyed out for as long as one of these is missing."""

    @property
    def action(self) -> str:
        """The action as the main screen, or the widget of its scope, is asked for it."""
        if self.feature:
            return f"screen.feature('{self.id}')"
        return self.id
