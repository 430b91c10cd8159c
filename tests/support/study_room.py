"""A thread session with a scripted server behind it, and a student who reads what happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from studybuddy.chat.assistant_shelf import AssistantShelf
from studybuddy.chat.heads import new_conversation
from studybuddy.chat.limits import Limits
from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.assistant_ports import FollowedRun
from studybuddy.domain.assistants import AssistantSpec
from studybuddy.domain.events import (
    StatusChanged,
    TextDelta,
    TextReplaced,
    TurnEvent,
    TurnFailed,
    TurnFinished,
)
from studybuddy.domain.messages import Message, Mode, OpenConversation
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.run_scripts import Script
from tests.support.scripted_assistants import ScriptedAssistantConnector, ScriptedAssistants
from tests.support.scripted_provider import ENDPOINT

TUTOR = AssistantSpec("Tutor", preset="tutor")


class StudyRoom:
    """A session on a server that has one assistant; it has to be made in a running loop."""

    def __init__(
        self,
        *scripts: Script,
        server: ScriptedAssistants | None = None,
        data: MemoryData | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits.none()
        self.server = server or ScriptedAssistants(*scripts)
        if not self.server.shelf:
            self.server.put(TUTOR)
        self.connector = ScriptedAssistantConnector(self.server)
        self.store = MemoryConversationStore(data)
        self.shelf = AssistantShelf(lambda: self.connector.connect(ENDPOINT))
        self.session = self._session(
            OpenConversation(new_conversation(mode=Mode.ASSISTANT)), new=True
        )

    def _session(self, opened: OpenConversation, *, new: bool) -> ThreadSession:
        return ThreadSession(
            opened,
            self.store,
            self.store.runs,
            self.connector,
            self.shelf.resolve,
            self.limits,
            new=new,
        )

    async def send(self, text: str) -> list[TurnEvent]:
        """Ask, and wait for the end of the turn."""
        return [event async for event in self.session.send(text, ENDPOINT)]

    async def retry(self) -> list[TurnEvent]:
        """Ask again, and wait for the end of the turn."""
        return [event async for event in self.session.retry(ENDPOINT)]

    async def reopen(self, *, killed: bool = True) -> FollowedRun | None:
        """Start the app anew on the same data, and open the conversation with the run it had."""
        conversation_id = self.session.head.id
        if killed:
            self.store.data.running.clear()
        self.store = MemoryConversationStore(self.store.data)
        claimed = await self.store.runs.claim_runs()
        opened = await self.store.load(conversation_id)
        assert opened is not None
        self.session = self._session(opened, new=False)
        for run in claimed:
            self.session.expect(run, ENDPOINT)
        shown = [run for run in claimed if self.session.shows(run)]
        return next(iter([*shown, *claimed]), None)

    async def stored(self) -> tuple[Message, ...]:
        """The conversation as it is on disk."""
        opened = await self.store.load(self.session.head.id)
        assert opened is not None
        return opened.messages

    @property
    def thread(self) -> list[str]:
        """The texts on the session's thread on the server."""
        return self.server.threads[self.session.head.thread_id].texts()


def shown(events: list[TurnEvent]) -> str:
    """The text that the events have put on screen."""
    text = ""
    for event in events:
        match event:
            case TextDelta(more):
                text += more
            case TextReplaced(whole):
                text = whole
    return text


def phases(events: list[TurnEvent]) -> list[str]:
    """The phases that were told, with their details."""
    told = [event for event in events if isinstance(event, StatusChanged)]
    return [f"{event.phase} {event.detail}".strip() for event in told]


def finished(events: list[TurnEvent]) -> TurnFinished:
    """The ending, which has to be a good one."""
    assert isinstance(events[-1], TurnFinished), events[-1]
    return events[-1]


def failed(events: list[TurnEvent]) -> TurnFailed:
    """The ending, which has to be a bad one."""
    assert isinstance(events[-1], TurnFailed), events[-1]
    return events[-1]


async def until(events: AsyncGenerator[TurnEvent], kind: type) -> list[TurnEvent]:
    """The events up to the first of a kind."""
    came: list[TurnEvent] = []
    async for event in events:
        came.append(event)
        if isinstance(event, kind):
            return came
    raise AssertionError(f"no {kind.__name__} among {came}")
