"""What the student can set; each field's docstring is shown by the settings file itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

STUDY_BUDDY_PROMPT = (
    "You are Study Buddy, a friendly study partner for students who are newer to technology. "
    "Explain things in simple language, one step at a time, with a small example where it helps. "
    "Say so when you are not sure."
)


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """A named endpoint: `[endpoints.NAME]` in the settings file. Keys are never kept here."""

    base_url: str
    """Address with the version, such as "http://127.0.0.1:11434/v1"."""
    model: str = ""
    """Model to ask; empty means the first one the server lists."""
    key_env: str = ""
    """Environment variable that holds the key; empty means the keychain, or no key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in `settings.toml`."""

    endpoint: str = ""
    """Name of the endpoint to use; empty means: decide at start."""
    model: str = ""
    """Model to use with OpenAI when none is named; empty means the app's choice."""
    system_prompt: str = STUDY_BUDDY_PROMPT
    """System prompt of new conversations."""
    theme: str = "textual-dark"
    """Name of a Textual theme, such as "textual-dark", "textual-light", "nord", "gruvbox"."""
    reduced_motion: bool = False
    """Static status texts and no animation."""
    start_with: Literal["last", "new"] = "last"
    """Open the last conversation, or a new one."""
    sidebar: bool = True
    """Show the sidebar where the terminal is wide enough."""
    log_messages: bool = False
    """Write message texts to the log file, for finding faults."""
    keys: dict[str, str] = field(default_factory=dict)
    """Command id to keys, such as new_conversation = "ctrl+n,f5"."""
    endpoints: dict[str, EndpointSettings] = field(default_factory=dict)
    """Named endpoints."""
