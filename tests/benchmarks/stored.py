"""Folders with conversations in them, written through the app's own store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from studybuddy.domain.messages import Conversation, Message, Role, new_id
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.instances import Instance
from studybuddy.storage.paths import HOME_VARIABLE, Paths
from tests.benchmarks.answer import LAST_WORD, markdown

_HOUR = 3600.0
_BATCH = 500  # messages in a transaction


async def fill(home: Path, conversations: int, messages: int) -> None:
    """Store so many conversations, an hour apart, of so many messages each.

    The newest is the one that was open last; its last message ends in `LAST_WORD`.
    """
    paths = Paths.from_environment({HOME_VARIABLE: str(home)})
    paths.create()
    clock = time.time() - conversations * _HOUR
    answers = cycle([markdown(400, seed) for seed in range(40)])
    instance = Instance(paths.instances_dir)
    store = SqliteConversationStore(paths.database_file, instance, clock=lambda: clock)
    try:
        last = ""
        for number in range(conversations):
            clock += _HOUR
            last = new_id()
            await store.save(Conversation(last, f"Conversation {number}", clock, clock))
            written = list(_messages(messages, clock, answers))
            for start in range(0, messages, _BATCH):
                await store.add(last, *written[start : start + _BATCH])
        await store.mark_opened(last)
    finally:
        await store.close()
        instance.release()


def _messages(count: int, at: float, answers: Iterator[str]) -> Iterator[Message]:
    parent: str | None = None
    for number in range(count):
        if number % 2:
            role, text = Role.ASSISTANT, next(answers)
        else:
            role, text = Role.USER, f"Question {number}, about nothing in particular?"
        if number == count - 1:
            text += f"\n\n{LAST_WORD}."
        message = Message(new_id(), role, text, at, parent)
        parent = message.id
        yield message
