"""What an answer of a run is made with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.chat.run_account import RunAccount
    from studybuddy.domain.assistant_ports import AssistantService, RunStore
    from studybuddy.domain.ports import ConversationStore


@dataclass(frozen=True, slots=True)
class RunParts:
    """What an answer is made with."""

    conversation_id: str
    endpoint: str
    """The name of who answers."""
    connect: Callable[[], Awaitable[AssistantService]]
    store: ConversationStore
    runs: RunStore
    assistant: Callable[[], tuple[str, str]]
    """Id and name of the assistant that is chosen right now."""
    account: RunAccount
    question: str = ""
    """That is answered."""
    stands_in: bool = False
    """Whether `connect` leads elsewhere than to that endpoint, which is not set up any more."""
