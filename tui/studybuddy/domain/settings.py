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
class LimitSettings:
    """What one prompt and one answer may have: `[limits]` in the settings file."""

    context: Literal["refuse", "drop", "summarise"] = "refuse"
    """What to do with a conversation that the model can't hold: refuse to send it and say by how
    much it is too long, drop its oldest turns, or let the model sum them up."""
    max_completion_tokens: int = 0
    """Longest answer in tokens, for new conversations; 0 means the model's own limit."""
    prompt_characters: int = 0
    """Longest prompt in characters; 0 means any length."""


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """Most that may be spent: `[budgets]` in the settings file.

    Each is dollars, such as "$0.50", or tokens, such as "20,000 tokens"; empty means no limit.
    """

    request: str = ""
    """For one request."""
    conversation: str = ""
    """For one conversation."""
    day: str = ""
    """For a day."""
    month: str = ""
    """For a calendar month."""


@dataclass(frozen=True, slots=True)
class SavingSettings:
    """Ways to use fewer tokens, each off by default: `[savings]` in the settings file."""

    filler_words: bool = False
    """Leave words that say nothing, such as “please”, out of prompts; shown before sending."""
    keep_answers: bool = False
    """Give an answer again where the same was asked in the same context of the same model."""
    keep_answers_days: int = 7
    """Days after which a kept answer is not given any more."""
    steady_prefix: bool = False
    """Keep the beginning of requests the same for as long as possible, for servers that charge
    less for what they have in their cache."""


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """A model's price and size: `[prices."MODEL"]` in the settings file; goes before all else."""

    input: float | None = None
    """Dollars for a million prompt tokens."""
    output: float | None = None
    """Dollars for a million tokens of the answer."""
    cached: float | None = None
    """Dollars for a million prompt tokens from the server's cache."""
    cache_write: float | None = None
    """Dollars for a million prompt tokens written to it."""
    context_window: int | None = None
    """Tokens of prompt and answer together."""
    max_output: int | None = None
    """Tokens of the longest answer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in `settings.toml`."""

    endpoint: str = ""
    """Name of the endpoint to use; empty means: decide at start."""
    model: str = ""
    """Model to use with OpenAI when none is named; empty means the app's choice."""
    system_prompt: str = STUDY_BUDDY_PROMPT
    """System prompt of new conversations."""
    persona: str = ""
    """Persona of new conversations, such as "Socratic tutor"; empty for the system prompt alone."""
    name: str = ""
    """What Study Buddy calls you; empty where it does not know."""
    theme: str = "textual-dark"
    """Name of a Textual theme, such as "textual-dark", "textual-light", "nord", "gruvbox"."""
    reduced_motion: bool = False
    """Static status texts and no animation."""
    screen_reader: bool = False
    """Plain text in one column for screen readers: no ornaments, nothing that moves, choices with
    numbers, and the cursor where the focus is."""
    start_with: Literal["last", "new"] = "last"
    """Open the last conversation, or a new one."""
    sidebar: bool = True
    """Show the sidebar where the terminal is wide enough."""
    titles: Literal["model", "question"] = "model"
    """Have the model find titles for new conversations, or take the first question's words."""
    notifications: bool = True
    """Tell by a desktop notification that an answer has ended while you looked elsewhere."""
    goodbye: bool = True
    """Say on leaving what the session has used."""
    log_messages: bool = False
    """Write message texts to the log file, for finding faults."""
    keys: dict[str, str] = field(default_factory=dict)
    """Command id to keys, such as new_conversation = "ctrl+n,f5"."""
    endpoints: dict[str, EndpointSettings] = field(default_factory=dict)
    """Named endpoints."""
    limits: LimitSettings = field(default_factory=LimitSettings)
    """What one prompt and one answer may have."""
    budgets: BudgetSettings = field(default_factory=BudgetSettings)
    """Most that may be spent."""
    savings: SavingSettings = field(default_factory=SavingSettings)
    """Ways to use fewer tokens."""
    prices: dict[str, PriceSettings] = field(default_factory=dict)
    """Prices and sizes of models."""

    @property
    def still(self) -> bool:
        """Whether nothing is to move by itself."""
        return self.reduced_motion or self.screen_reader

    @property
    def sidebar_by_itself(self) -> bool:
        """Whether the sidebar is shown without being asked for."""
        return self.sidebar and not self.screen_reader
