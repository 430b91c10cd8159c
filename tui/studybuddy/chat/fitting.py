"""Makes a conversation fit the context window: the request that is sent of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studybuddy.chat.context import request_messages
from studybuddy.domain.limits import DoesNotFit, Overflow, Room
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Conversation, Message, Role
    from studybuddy.domain.ports import Connector, SummaryStore
    from studybuddy.domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Fitted:
    """A conversation as it can be sent."""

    messages: tuple[tuple[Role, str], ...]
    count: Count = field(default_factory=Count)
    """Its prompt tokens."""
    room: Room = field(default_factory=Room)
    dropped: tuple[str, ...] = ()
    """Ids of the messages that were left out."""
    summarised: tuple[str, ...] = ()
    """Ids of those that a summary stands for."""
    max_completion_tokens: int | None = None
    """The longest answer to ask for; `None` for the model's own limit."""


class Fitter:
    """Makes conversations fit."""

    def __init__(
        self,
        accounts: Accounts,
        summaries: SummaryStore,
        connector: Connector,
        settings: Settings,
    ) -> None:
        self._accounts = accounts
        self._summaries = summaries
        self._connector = connector
        self._settings = settings

    async def fit(
        self,
        head: Conversation,
        branch: Sequence[Message],
        endpoint: Endpoint,
        overflow: Overflow | None = None,
    ) -> Fitted | DoesNotFit:
        """What can be sent of a branch, whose last message is the question."""
        return Fitted(request_messages(head.system_prompt, branch))
