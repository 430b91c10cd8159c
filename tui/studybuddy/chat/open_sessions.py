"""The conversations that are open: someone shows or follows each, and it is never two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from studybuddy.chat.limits import Limits
from studybuddy.chat.session import ChatSession
from studybuddy.chat.sessions import Session
from studybuddy.domain.messages import Conversation, Mode, OpenConversation

if TYPE_CHECKING:  # assistant mode is loaded when it is first used: the first frame waits for none
    from studybuddy.chat.assistant_shelf import AssistantShelf
    from studybuddy.chat.thread_session import ThreadSession
    from studybuddy.domain.assistant_ports import AssistantConnector, RunStore
    from studybuddy.domain.ports import Connector, ConversationStore


class OpenSessions:
    """Makes sessions, and knows those that somebody has."""

    def __init__(
        self,
        store: ConversationStore,
        connector: Connector,
        limits: Limits,
        assistants: AssistantConnector,
        runs: RunStore,
        shelf: Callable[[], AssistantShelf],
    ) -> None:
        """Take what sessions of both modes are made of."""
        self._store = store
        self._connector = connector
        self._limits = limits
        self._assistants_of = assistants
        self._runs = runs
        self._shelf = shelf
        self._sessions: WeakValueDictionary[str, Session] = WeakValueDictionary()

    def begin(self, head: Conversation) -> Session:
        """A new conversation; it is stored with its first message or draft."""
        return self._keep(self._session(OpenConversation(head), new=True))

    def keep(self, opened: OpenConversation) -> Session:
        """The session of a conversation that is stored, and that nobody has."""
        return self._keep(self._session(opened, new=False))

    def busy(self) -> Sequence[Session]:
        """Sessions whose turn is under way."""
        return [session for session in list(self._sessions.values()) if session.busy]

    async def get(self, conversation_id: str) -> Session | None:
        """The one session of a conversation, as it is on disk by now."""
        if (session := self._sessions.get(conversation_id)) is not None:
            return session if await session.refresh() else None
        opened = await self._store.load(conversation_id)
        if opened is None:
            return None
        # It may have been opened meanwhile.
        return self._sessions.get(conversation_id) or self.keep(opened)

    def _session(self, opened: OpenConversation, *, new: bool) -> Session:
        if opened.head.mode is Mode.ASSISTANT:
            return self._thread_session(opened, new=new)
        return ChatSession(opened, self._store, self._connector, self._limits, new=new)

    def _thread_session(self, opened: OpenConversation, *, new: bool) -> ThreadSession:
        from studybuddy.chat.thread_session import ThreadSession

        return ThreadSession(
            opened,
            self._store,
            self._runs,
            self._assistants_of,
            self._shelf().resolve,
            self._limits,
            new=new,
            known=self._shelf().known,
        )

    def _keep(self, session: Session) -> Session:
        self._sessions[session.head.id] = session
        return session
