"""A process that writes conversations: `python -m tests.support.store_process FOLDER WORK …`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from studybuddy.domain.messages import Conversation, Message, MessageState, Role
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.instances import Instance

ROOT = Path(__file__).parents[2]
WORD = "word "


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the process; what it prints comes line by line."""
    command = [sys.executable, "-m", "tests.support.store_process", str(folder), *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def open_store(folder: Path) -> tuple[SqliteConversationStore, Instance]:
    """The store of a folder for a new instance."""
    instance = Instance(folder / "instances")
    return SqliteConversationStore(folder / "studybuddy.db", instance), instance


async def journal_for_ever(folder: Path) -> None:
    """Stream an answer; print the count of words that are on disk after each write."""
    store, _ = open_store(folder)
    await store.save(Conversation("c", "Light", 1.0, 1.0))
    question = Message("q", Role.USER, "What is light?", 1.0)
    answer = Message("a", Role.ASSISTANT, "", 2.0, "q", MessageState.STREAMING, "small")
    await store.add("c", question, answer)
    count = 0
    while True:
        count += 1
        await store.journal("a", WORD * count)
        print(count, flush=True)


async def write_messages(folder: Path, name: str, count: int) -> None:
    """Wait for a line, then write into a conversation of one's own and a shared one."""
    print("ready", flush=True)
    sys.stdin.readline()
    store, _ = open_store(folder)
    await store.save(Conversation(name, name, 1.0, 1.0))
    await store.save(Conversation("shared", "Ours", 1.0, 1.0))
    parent = None
    for number in range(count):
        message = Message(f"{name}-{number}", Role.USER, f"{name} {number}", float(number), parent)
        await store.add(name, message)
        await store.add("shared", replace(message, id=f"shared-{message.id}", parent_id=None))
        parent = message.id
    await store.close()
    print("done", flush=True)


if __name__ == "__main__":
    where, work, *rest = sys.argv[1:]
    if work == "journal":
        asyncio.run(journal_for_ever(Path(where)))
    else:
        asyncio.run(write_messages(Path(where), rest[0], int(rest[1])))
