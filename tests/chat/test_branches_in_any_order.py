"""Whatever is done to the branches of a conversation, in any order, no message is ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studybuddy.chat.heads import new_conversation
from studybuddy.chat.session import ChatSession
from studybuddy.domain.events import (
    ReasoningDelta,
    TextDelta,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)
from studybuddy.domain.messages import Message, MessageState, OpenConversation, Role
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.variations import DIFFERENTLY
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.instances import Instance
from tests.support.memory_store import MemoryConversationStore
from tests.support.scripted_provider import (
    ENDPOINT,
    ScriptedConnector,
    ScriptedProvider,
    Step,
    says,
)

REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.")
FOREVER = "stop me"
ENDS = st.sampled_from(
    ["whole", "cut", "refused", "broken", "stopped", "stopped early", "left", "thought"]
)
PLACES = st.floats(0, 0.999)


class Branches(RuleBasedStateMachine):
    """A conversation in two windows of the app; both only do things while the other rests."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.store: ConversationStore = self.open_store()
        self.provider = ScriptedProvider()
        self.scripts: list[list[Step]] = []
        self.provider._scripts = self.scripts  # type: ignore[assignment]
        connector = ScriptedConnector(self.provider)
        head = new_conversation("Be kind.")
        self.windows = [
            ChatSession(OpenConversation(head), self.store, connector, new=number == 0)
            for number in range(2)
        ]
        self.session = self.windows[0]
        self.seen: dict[str, Message] = {}
        self.deleted: list[tuple[str, ...]] = []
        self.number = 0

    def open_store(self) -> ConversationStore:
        return MemoryConversationStore()

    def teardown(self) -> None:
        self.loop.close()

    # Turns

    def turn(
        self, begin: Callable[[], AsyncGenerator[TurnEvent]], end: str, *, stale: bool = False
    ) -> None:
        self.number += 1
        text = f"answer {self.number}"
        gate = asyncio.Event()
        self.scripts.append(
            {
                "whole": says(text),
                "cut": says(text, "length"),
                "refused": [REFUSED],
                "broken": [TextDelta(text), REFUSED],
                "stopped": [TextDelta(text), gate],
                "stopped early": [gate],
                "left": [TextDelta(text), gate],
                "thought": [ReasoningDelta("Hm."), REFUSED],
            }[end]
        )
        while len(self.scripts) <= len(self.provider.requests):
            self.scripts.append(self.scripts[-1])
        before = [message.id for message in self.session.messages]
        asked, gone = len(self.provider.requests), self.gone()
        ended = self.loop.run_until_complete(self.turned(begin(), end))
        if isinstance(ended, TurnFinished | TurnFailed) and ended.back and not stale:
            assert [message.id for message in self.session.messages] == before
        for message in self.session.messages:
            assert message.state is not MessageState.STREAMING
        for request in self.provider.requests[asked:]:
            assert not {text for _, text in request.messages} & gone

    async def turned(self, events: AsyncGenerator[TurnEvent], end: str) -> TurnEvent | None:
        event = None
        asked = len(self.provider.requests)
        stopping: asyncio.Task[None] | None = None
        async for event in events:
            if isinstance(event, TurnStarted):
                self.seen[event.question.id] = event.question
                self.seen[event.answer.id] = event.answer
            comes = isinstance(event, TextDelta) or end == "stopped early"
            if comes and end.startswith("stopped") and stopping is None:
                stopping = asyncio.create_task(self.session.stop())
            if isinstance(event, TextDelta) and end == "left":
                break
        await events.aclose()
        if stopping is not None:
            await stopping
        if len(self.provider.requests) == asked:
            self.scripts.pop()  # it was stopped before it was asked for
        return event

    def place(self, where: float) -> Message:
        messages = self.session.messages
        return messages[int(where * len(messages))]

    @rule(end=ENDS, same=st.booleans())
    def send(self, end: str, same: bool) -> None:
        question = self.session.last_question()
        text = question.text if same and question else f"question {self.number}"
        self.turn(lambda: self.session.send(text, ENDPOINT), end)

    @precondition(lambda self: self.session.last_question())
    @rule(end=ENDS, where=PLACES, variation=st.none() | st.sampled_from(DIFFERENTLY))
    def again(self, end: str, where: float, variation: object) -> None:
        messages = self.session.messages
        place = messages.index(self.place(where))
        if any(message.role is Role.USER for message in messages[: place + 1]):
            name = messages[place].id
            how = {"message_id": name, "variation": variation}
            self.turn(lambda: self.session.retry(ENDPOINT, **how), end)  # type: ignore[arg-type]

    @precondition(lambda self: self.session.last_question())
    @rule(end=ENDS, where=PLACES)
    def edit(self, end: str, where: float) -> None:
        message = self.place(where)
        if message.role is Role.USER:
            text = f"question {self.number}"
            self.turn(lambda: self.session.edit(message.id, text, ENDPOINT), end)

    @precondition(lambda self: self.session.can_go_on)
    @rule(end=ENDS)
    def go_on(self, end: str) -> None:
        self.turn(lambda: self.session.go_on(ENDPOINT), end)

    # Branches

    @precondition(lambda self: self.session.messages)
    @rule(where=PLACES, by=st.sampled_from([-1, 1]))
    def walk(self, where: float, by: int) -> None:
        message = self.place(where)
        number, of = self.session.alternatives.get(message.id, (1, 1))
        walked = self.loop.run_until_complete(self.session.show_alternative(message.id, by))
        assert walked == (1 <= number + by <= of)

    @precondition(lambda self: self.session.messages)
    @rule(where=PLACES)
    def delete(self, where: float) -> None:
        ids = self.loop.run_until_complete(self.session.delete_message(self.place(where).id))
        self.deleted.append(ids)
        assert not {message.id for message in self.session.messages} & set(ids)

    @precondition(lambda self: self.deleted)
    @rule(where=PLACES)
    def restore(self, where: float) -> None:
        ids = self.deleted.pop(int(where * len(self.deleted)))
        self.loop.run_until_complete(self.session.restore_messages(ids))
        assert ids[-1] in {message.id for message in self.session.messages}

    @rule()
    def use_the_other_window(self) -> None:
        stored = bool(self.seen)
        self.session = self.windows[self.session is self.windows[0]]
        assert self.loop.run_until_complete(self.session.refresh()) == (
            stored or self.session is self.windows[0]
        )

    @precondition(lambda self: self.seen)
    @rule(what=st.sampled_from(["send", "edit", "again", "delete"]), end=ENDS, where=PLACES)
    def do_it_in_the_other_window_as_it_is(self, what: str, end: str, where: float) -> None:
        """It shows what it did when it was used last, and is in step once something is done."""
        self.session = session = self.windows[self.session is self.windows[0]]
        message = self.place(where) if session.messages else None
        asked = session.messages and session.messages[0].role is Role.USER
        match what:
            case "edit" if message and message.role is Role.USER:
                text = f"question {self.number}"
                edit = session.edit(message.id, text, ENDPOINT)
                self.turn(lambda: edit, end, stale=True)
            case "again" if message and asked:
                again = session.retry(ENDPOINT, message_id=message.id)
                self.turn(lambda: again, end, stale=True)
            case "delete" if message:
                if ids := self.loop.run_until_complete(session.delete_message(message.id)):
                    self.deleted.append(ids)
            case _:
                send = session.send(f"question {self.number}", ENDPOINT)
                self.turn(lambda: send, end, stale=True)

    # What holds

    @invariant()
    def nothing_is_lost(self) -> None:
        kept = self.loop.run_until_complete(self.store.tree(self.session.head.id))
        by_id = {message.id: message for message in kept}
        assert self.seen.keys() == by_id.keys()
        gone = {name for ids in self.deleted for name in ids}
        assert {message.id for message in kept if message.deleted} == gone
        for name, message in self.seen.items():
            assert by_id[name].text.startswith(message.text) or not by_id[name].text
            assert by_id[name].parent_id == message.parent_id

    @invariant()
    def what_is_shown_is_a_branch_and_what_is_on_disk(self) -> None:
        tree = self.loop.run_until_complete(self.session.tree())
        shown = self.session.messages
        ids = [message.id for message in shown]
        assert ids == [m.id for m in tree.branch(ids[-1] if ids else None)]
        assert not any(message.deleted for message in shown)
        assert self.session.alternatives == tree.numbers(shown)
        opened = self.loop.run_until_complete(self.store.load(self.session.head.id))
        if opened is not None:
            assert [message.id for message in opened.messages] == ids
            assert list(opened.messages) == list(shown)

    @invariant()
    def every_message_is_reached_by_walking_alternatives(self) -> None:
        tree = self.loop.run_until_complete(self.session.tree())
        visible = {name for name, message in tree.messages.items() if not message.deleted}
        reached: set[str] = set()
        waiting = [self.session.messages]
        while waiting:
            for message in waiting.pop():
                if message.id not in reached:
                    reached.add(message.id)
                    beside = tree.alternatives(message.id)
                    waiting += [tree.branch(tree.leaf_below(other)) for other in beside]
        assert reached == visible

    @precondition(lambda self: self.seen)
    @rule(where=PLACES)
    def look_for(self, where: float) -> None:
        name = list(self.seen)[int(where * len(self.seen))]
        gone = any(name in ids for ids in self.deleted)
        assert self.loop.run_until_complete(self.session.show_message(name)) != gone
        assert gone or name in {message.id for message in self.session.messages}

    @invariant()
    def nothing_that_is_deleted_is_sent(self) -> None:
        assert not {text for _, text in self.session.context()} & self.gone()

    def gone(self) -> set[str]:
        """The texts of what is deleted."""
        kept = self.loop.run_until_complete(self.store.tree(self.session.head.id))
        there = {message.text for message in kept if not message.deleted}
        return {message.text for message in kept if message.deleted and message.text} - there


class BranchesOnDisk(Branches):
    """The same in a database."""

    def open_store(self) -> ConversationStore:
        self.folder = TemporaryDirectory()
        here = Path(self.folder.name)
        self.instance = Instance(here / "instances")
        self.disk = SqliteConversationStore(here / "data" / "studybuddy.db", self.instance)
        return self.disk

    def teardown(self) -> None:
        self.loop.run_until_complete(self.disk.close())
        self.instance.release()
        super().teardown()
        self.folder.cleanup()


Branches.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
BranchesOnDisk.TestCase.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)
TestBranches = Branches.TestCase
TestBranchesOnDisk = BranchesOnDisk.TestCase
