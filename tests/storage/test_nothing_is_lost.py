"""No sequence of branching, deleting, bringing back and inserting loses a message.

Two windows do it, each of which knows what it saw last. Whatever they do, a thread that is stored
has just what is shown, and what one of them set stays.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from studybuddy.domain.messages import Conversation, Message, OpenConversation, Role
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.tree import MessageTree
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.store_process import open_store

CONVERSATIONS = ("one", "two")
OPERATIONS = (
    *("add", "add", "add", "show", "delete", "bring back", "insert", "discard", "restore"),
    *("look", "ask", "ask", "thread", "thread", "persona", "save", "delete for good"),
)

Step = tuple[str, int, int, int]
"""What is done, in which conversation, by which window, and a number to choose a message by."""

steps = st.lists(
    st.tuples(
        st.sampled_from(OPERATIONS), st.integers(0, 1), st.integers(0, 1), st.integers(0, 50)
    ),
    max_size=30,
)


class Model:
    """What has to be there."""

    def __init__(self, windows: tuple[ConversationStore, ConversationStore]) -> None:
        self.windows = windows
        self.texts: dict[str, set[str]] = {name: set() for name in CONVERSATIONS}
        self.deleted: set[str] = set()
        self.discarded: set[str] = set()
        self.gone: set[str] = set()
        self.personas = dict.fromkeys(CONVERSATIONS, "")
        self.threads: dict[str, list[str]] = {}
        """What the server's threads have."""
        self.views = {
            (window, name): OpenConversation(Conversation(name, "", 1.0, 1.0))
            for window in (0, 1)
            for name in CONVERSATIONS
        }
        """What each window saw last."""
        self._count = 0

    def new(self, parent: str | None) -> Message:
        self._count += 1
        name = f"m{self._count}"
        return Message(name, Role.USER, f"text {name}", float(self._count), parent)

    async def do(self, step: Step) -> None:
        operation, which, window, number = step
        store, name = self.windows[window], CONVERSATIONS[which]
        messages = list(await store.tree(name))
        chosen = messages[number % len(messages)] if messages else None
        match operation:
            case "add":
                parent = chosen.id if chosen and number % 7 else None
                message = self.new(parent)
                if name in self.discarded | self.gone:
                    with pytest.raises(StudyBuddyError):
                        await store.add(name, message)
                else:
                    await store.add(name, message)
                    self.texts[name].add(message.text)
            case "show" if chosen:
                await store.show(name, chosen.id)
            case "delete" if chosen:
                await store.set_deleted([chosen.id], True)
                self.deleted.add(chosen.id)
            case "bring back" if chosen:
                await store.set_deleted([chosen.id], False)
                self.deleted.discard(chosen.id)
            case "insert":  # the other conversation's file, with something new in it
                other = CONVERSATIONS[1 - which]
                file = [replace(m, deleted=False) for m in await store.tree(other)]
                file.append(self.new(file[-1].id if file else None))
                await store.insert(Conversation(name, "", 1.0, 1.0), file)
                self.gone.discard(name)
                self.texts[name] |= {message.text for message in file}
            case "discard":
                await store.discard(name)
                self.discarded |= {name} - self.gone
            case "restore":
                await store.restore(name)
                self.discarded.discard(name)
            case "delete for good" if number % 3 == 0:
                await store.delete(name)
                self.gone.add(name)
                self.discarded.discard(name)
                self.deleted -= {message.id for message in messages}
                self.texts[name], self.personas[name] = set(), ""
            case "look" | "ask" | "thread" | "persona" | "save":
                await self.as_seen(operation, store, window, name)

    async def as_seen(
        self, operation: str, store: ConversationStore, window: int, name: str
    ) -> None:
        """Do something with a conversation as that window saw it last."""
        view = self.views[window, name]
        shown = [message.id for message in view.messages]
        self._count += 1
        match operation:
            case "ask":
                message = self.new(shown[-1] if shown else None)
                thread_id = view.head.thread_id
                with suppress(StudyBuddyError):
                    await store.add(name, message, shown=shown, thread_id=thread_id)
                    self.texts[name].add(message.text)
                    if thread_id:
                        self.threads[thread_id].append(message.id)
            case "thread":
                self.threads[f"t{self._count}"] = shown
                await store.set_thread(name, f"t{self._count}", shown)
            case "persona":
                persona = f"p{self._count}"
                await store.set_prompt(name, persona, persona, ())
                if name not in self.gone:
                    self.personas[name] = persona
            case "save" if name in self.gone:
                with pytest.raises(StudyBuddyError):
                    await store.save(view.head, new=False)
            case "save":
                await store.save(view.head, new=False)
        self.views[window, name] = await store.load(name) or view

    async def check(self) -> None:
        for store in self.windows:
            for name in CONVERSATIONS:
                messages = await store.tree(name)
                assert {message.text for message in messages} == self.texts[name]
                assert len({message.id for message in messages}) == len(messages)
                assert {m.id for m in messages if m.deleted} == self.deleted & {
                    m.id for m in messages
                }
                await self._check_opened(store, name, messages)

    async def _check_opened(self, store: ConversationStore, name: str, messages: Any) -> None:
        opened = await store.load(name)
        assert (opened is None) == (name in self.gone)
        if opened is None:
            return
        assert opened.head.persona == opened.head.system_prompt == self.personas[name]
        shown = [message.id for message in opened.messages]
        assert self.threads.get(opened.head.thread_id, shown) == shown
        assert (await store.unchanged(name, shown)) == opened.head
        tree = MessageTree(messages)
        assert opened.messages == tree.branch(opened.head.leaf_id)
        assert not any(message.deleted for message in opened.messages)
        if any(not message.deleted for message in messages):
            assert opened.messages
        for message in opened.messages:
            place, count = opened.alternatives.get(message.id, (1, 1))
            others = tree.alternatives(message.id)
            assert (others[place - 1], len(others)) == (message.id, count)


async def carry_out(
    windows: tuple[ConversationStore, ConversationStore], sequence: list[Step]
) -> None:
    model = Model(windows)
    for name in CONVERSATIONS:
        await windows[0].save(Conversation(name, "", 1.0, 1.0))
    for step in sequence:
        await model.do(step)
        await model.check()


async def on_disk(sequence: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (first, one), (second, two) = open_store(Path(folder)), open_store(Path(folder))
        try:
            await carry_out((first, second), sequence)
        finally:
            for store, instance in ((first, one), (second, two)):
                await store.close()
                instance.release()


async def in_memory(sequence: list[Step]) -> None:
    data = MemoryData()
    await carry_out((MemoryConversationStore(data), MemoryConversationStore(data)), sequence)


@pytest.mark.parametrize(
    ("place", "examples"), [(on_disk, 25), (in_memory, 100)], ids=["on disk", "in memory"]
)
def test_no_sequence_of_operations_in_two_windows_loses_a_message(
    place: Callable[[list[Step]], Coroutine[Any, Any, None]], examples: int
) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(steps)
    def try_all(sequence: list[Step]) -> None:
        asyncio.run(place(sequence))

    try_all()
