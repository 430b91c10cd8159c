"""Where a conversation in assistant mode belongs: its thread, its assistant, and its limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.sending import as_sent
from studybuddy.chat.stored import StoredConversation
from studybuddy.chat.thread_context import ThreadContext
from studybuddy.domain.assistants import Assistant

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits
    from studybuddy.domain.assistant_ports import FollowedRun
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Message, OpenConversation
    from studybuddy.domain.metering import ContextReport
    from studybuddy.domain.ports import ConversationStore

Resolve = Callable[[str, str], Awaitable[Assistant | None]]
"""Finds the assistant of an id, or else of a name, or else one to begin with."""

Known = Callable[[str, str], Assistant | None]
"""The same among those that are known, without asking the server."""


def nobody(assistant_id: str, name: str) -> Assistant | None:
    """Knows none; a `Known`."""
    return None


class ThreadPlace(StoredConversation):
    """A stored conversation with a thread on a server."""

    def __init__(
        self,
        opened: OpenConversation,
        store: ConversationStore,
        resolve: Resolve,
        limits: Limits,
        *,
        new: bool,
        known: Known = nobody,
    ) -> None:
        super().__init__(opened, store, new=new)
        self._resolve = resolve
        self._known = known
        self._limits = limits
        self._context = ThreadContext(limits)
        self._usual_model = opened.head.model
        """That the endpoint of the last new question names."""
        self._found: Assistant | None = None
        """The assistant that was found last; its instructions may have changed since."""
        self._asked_of: Assistant | None = None
        """The assistant that the turn which is about to begin is to be stored with."""

    @property
    def thread_id(self) -> str:
        """The thread on the server; empty until there is one."""
        return self.head.thread_id

    @property
    def assistant_id(self) -> str:
        """The assistant that answers next; empty until one is chosen."""
        return self.head.assistant_id

    @property
    def known_assistant(self) -> Assistant | None:
        """That assistant as it is known without asking the server."""
        listed = self._known(self.head.assistant_id, self.head.assistant_name)
        found = self._found
        if listed is not None or found is None:
            return listed
        return found if found.id == self.head.assistant_id else None

    def model_beside(self, endpoint: Endpoint, *, again: bool) -> str:
        """The model that takes the place of the assistant's own one for this turn; else empty.

        That is one that the endpoint names for a question that is asked `again`, where it named
        another one before.
        """
        if not again:
            self._usual_model = endpoint.model
        known = self.known_assistant
        own = known.spec.model if known else ""
        return endpoint.model if own and endpoint.model not in (own, self._usual_model) else ""

    async def choose(self, assistant: Assistant) -> None:
        """Let this assistant answer from the next turn on."""
        self._found = assistant
        self.head = replace(
            self.head, assistant_id=assistant.id, assistant_name=assistant.spec.name
        )
        if not self._unsaved:
            await self._store.set_assistant(self.head.id, assistant.id, assistant.spec.name)

    def ask_of(self, assistant: Assistant) -> None:
        """Let this assistant answer the turn that is about to begin, which stores that."""
        self._asked_of = assistant
        self.head = replace(
            self.head, assistant_id=assistant.id, assistant_name=assistant.spec.name
        )

    async def _catch_up(self) -> None:
        """Take over what other windows did, but the assistant that is asked here."""
        await super()._catch_up()
        assistant, self._asked_of = self._asked_of, None
        if assistant is not None:
            named = (self.head.assistant_id, self.head.assistant_name)
            if named != (assistant.id, assistant.spec.name):
                await self.choose(assistant)

    async def keep_thread(self, thread_id: str) -> None:
        """Use this thread from here on; empty for one that is yet to be made.

        It is for this turn only where another window has changed meanwhile what is shown.
        """
        self.head = replace(self.head, thread_id=thread_id)
        shown = [message.id for message in self._messages]
        await self._store.set_thread(self.head.id, thread_id, shown)

    async def find_assistant(self) -> Assistant | None:
        """The assistant that stands for the one chosen, or for none chosen."""
        found = await self._resolve(self.head.assistant_id, self.head.assistant_name)
        self._found = found or self._found
        return found

    def question_of(self, run: FollowedRun) -> str:
        """What the run answers."""
        place = self._place(run.answer_id)
        return self._messages[place - 1].text if place else ""

    def _place(self, message_id: str) -> int:
        return next(n for n, m in enumerate(self._messages) if m.id == message_id)

    def _put(self, message: Message) -> None:
        """Let a message of the branch be as it is now."""
        for place, known in enumerate(self._messages):
            if known.id == message.id:
                # It may have been pinned while the answer came, which the turn knows nothing of.
                self._messages[place] = replace(message, pinned=known.pinned)

    def as_sent(self, text: str) -> str:
        """A prompt as it leaves: without words that say nothing, where the student wants that."""
        return as_sent(text, self._limits.settings)

    async def report(self, draft: str, endpoint: Endpoint, coming: str = "") -> ContextReport:
        """What the next run has to read, as far as it is known here; the server decides."""
        from studybuddy.chat.thread_report import report

        return await report(self, self._limits, self.as_sent(draft), endpoint, coming)
