"""The student's desk: the conversations that are open, and the endpoint that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from studybuddy.chat.session import ChatSession, new_conversation
from studybuddy.domain.endpoints import Endpoint, Model
from studybuddy.domain.messages import Conversation, OpenConversation, Role
from studybuddy.domain.ports import Connector, ConversationStore, TokenCounter


class Desk:
    """Opens conversations and keeps those with a turn under way while others are read."""

    def __init__(
        self,
        store: ConversationStore,
        connector: Connector,
        counter: TokenCounter,
        system_prompt: str,
        endpoint: Endpoint | None,
    ) -> None:
        self.endpoint = endpoint
        """Where questions go; `None` until the student has chosen."""
        self.system_prompt = system_prompt
        self._store = store
        self._connector = connector
        self._counter = counter
        self._sessions: dict[str, ChatSession] = {}
        self._latest: ChatSession | None = None

    def new(self) -> ChatSession:
        """A new conversation; it is stored with its first message or draft."""
        opened = OpenConversation(new_conversation(self.system_prompt))
        return self._keep(ChatSession(opened, self._store, self._connector, new=True))

    async def open(self, conversation_id: str) -> ChatSession | None:
        """Open a stored conversation; `None` where it is gone.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        if (session := self._sessions.get(conversation_id)) is None or not session.busy:
            opened = await self._store.load(conversation_id)
            if opened is None:
                return None
            session = ChatSession(opened, self._store, self._connector, new=False)
        await self._store.mark_opened(conversation_id)
        return self._keep(session)

    async def open_last(self) -> ChatSession | None:
        """Open the conversation that was on screen last; `None` where there is none."""
        conversation_id = await self._store.last_opened()
        return await self.open(conversation_id) if conversation_id else None

    def _keep(self, session: ChatSession) -> ChatSession:
        # The one before may have a turn that is only about to begin.
        before = self._latest
        self._sessions = {
            key: kept for key, kept in self._sessions.items() if kept.busy or kept is before
        }
        self._sessions[session.head.id] = self._latest = session
        return session

    async def recent(self, limit: int, after: Conversation | None = None) -> Sequence[Conversation]:
        """The newest conversations, or those after the one given."""
        key = (after.updated_at, after.id) if after else None
        return await self._store.recent(limit, key)

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        """What the student asked lately, newest first."""
        return await self._store.recent_prompts(limit)

    def busy(self) -> Sequence[ChatSession]:
        """Sessions whose turn is under way."""
        return [session for session in self._sessions.values() if session.busy]

    async def models(self) -> Sequence[Model]:
        """The models that the endpoint lists.

        Raises:
            StudyBuddyError: where it can't be asked.
        """
        if self.endpoint is None:
            return ()
        provider = await self._connector.connect(self.endpoint)
        return await provider.models()

    async def warm_up(self) -> None:
        """Do what the first question would wait for: imports, and the engine's start.

        Raises:
            StudyBuddyError: where the endpoint can't be reached.
        """
        if self.endpoint is not None:
            await self._connector.connect(self.endpoint)

    async def count(self, text: str) -> tuple[int, bool]:
        """Tokens of a text for the chosen model, and whether that is exact."""
        if not text:
            return 0, True
        model = self.endpoint.model if self.endpoint else ""
        return await asyncio.to_thread(self._counter.count, text, model)

    async def count_context(self, session: ChatSession) -> tuple[int, bool]:
        """Prompt tokens that the conversation so far costs, and whether that is exact."""
        messages = session.context()
        if not any(role is not Role.SYSTEM for role, _ in messages):
            return 0, True
        model = self.endpoint.model if self.endpoint else ""
        return await asyncio.to_thread(self._counter.count_request, messages, model)

    async def close(self) -> None:
        """Stop what is under way and keep what came of it."""
        await asyncio.gather(*(session.stop() for session in self.busy()))
