"""A conversation in completion mode on a scripted provider, told by its texts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from studybuddy.chat.heads import new_conversation
from studybuddy.chat.session import ChatSession
from studybuddy.domain.events import TurnEvent
from studybuddy.domain.messages import OpenConversation
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.variations import Variation
from tests.support.memory_store import MemoryConversationStore
from tests.support.scripted_provider import (
    ENDPOINT,
    ScriptedConnector,
    ScriptedProvider,
    Step,
    says,
)

REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Paste another.")


class Chat:
    """A session with what is behind it."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.store = MemoryConversationStore()
        self.provider = ScriptedProvider(*scripts)
        self.connector = ScriptedConnector(self.provider)
        opened = OpenConversation(new_conversation())
        self.session = ChatSession(opened, self.store, self.connector, new=True)

    async def ask(self, *texts: str) -> None:
        for text in texts:
            await read(self.session.send(text, ENDPOINT))

    async def again(self, place: int = -1, variation: Variation | None = None) -> list[TurnEvent]:
        message_id = self.session.messages[place].id
        events = self.session.retry(ENDPOINT, message_id=message_id, variation=variation)
        return await read(events)

    async def edit(self, place: int, text: str) -> list[TurnEvent]:
        return await read(self.session.edit(self.session.messages[place].id, text, ENDPOINT))

    async def walk(self, place: int, by: int) -> bool:
        return await self.session.show_alternative(self.session.messages[place].id, by)

    @property
    def shown(self) -> list[str]:
        return [message.text for message in self.session.messages]

    @property
    def versions(self) -> dict[str, tuple[int, int]]:
        """By their texts."""
        texts = {message.id: message.text for message in self.session.messages}
        return {texts[name]: place for name, place in self.session.alternatives.items()}

    async def stored(self) -> list[str]:
        opened = await self.store.load(self.session.head.id)
        assert opened is not None
        assert dict(opened.alternatives) == dict(self.session.alternatives)
        assert [m.id for m in opened.messages] == [m.id for m in self.session.messages]
        return [message.text for message in opened.messages]

    def asked(self, request: int) -> list[str]:
        return [text for _, text in self.provider.requests[request].messages]


async def read(events: AsyncGenerator[TurnEvent]) -> list[TurnEvent]:
    return [event async for event in events]


async def a_chat(*scripts: Sequence[Step]) -> Chat:
    """Two turns, "a" and "b", that were answered with "A" and "B"."""
    chat = Chat(says("A"), says("B"), *scripts)
    await chat.ask("a", "b")
    return chat
