"""Conversations to files and back: nothing is lost, nothing is replaced, nothing comes twice."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.chat.heads import new_conversation
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import (
    Conversation,
    Message,
    MessageState,
    Mode,
    Role,
    Titled,
    new_id,
)
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.prompts import Example
from studybuddy.domain.runs import Citation, CodeCall, RunDetails, RunStatus, RunStep, StepStatus
from studybuddy.domain.usage import Usage
from studybuddy.storage import archive_format
from studybuddy.storage.archive import FileArchive
from tests.support.memory_store import MemoryConversationStore

HEAD = replace(
    new_conversation("Be kind.", Mode.ASSISTANT),
    title="Cells",
    titled=Titled.STUDENT,
    folder="Biology",
    pinned=True,
    persona="Socratic tutor",
    examples=(Example("What is a cell?", "What do you think it is?"),),
    max_completion_tokens=400,
    overflow=Overflow.DROP,
    draft="And",
)
DETAILS = RunDetails(
    "run_1",
    "thread_1",
    assistant_name="Math Tutor",
    status=RunStatus.COMPLETED,
    citations=(Citation(0, 3, "file_1", "cells.pdf", "ATP", page=2),),
    steps=(RunStep("step_1", StepStatus.COMPLETED, (CodeCall("call_1", "1 + 1", "2"),)),),
)
QUESTION = Message("q", Role.USER, "Why?", 10.0)
ANSWER = Message(
    "a",
    Role.ASSISTANT,
    "Because ATP.",
    11.0,
    "q",
    model="gpt-5",
    usage=Usage(10, 3, 2, 1, 4),
    details=DETAILS,
    pinned=True,
    reasoning="Hm.",
    variation="simpler",
    finish_reason="length",
)
FAILED = Message("f", Role.ASSISTANT, "", 12.0, "q", MessageState.FAILED, error="It failed.")
GONE = Message("g", Role.ASSISTANT, "Never mind.", 13.0, "q", deleted=True)


async def filled(*messages: Message, head: Conversation = HEAD) -> MemoryConversationStore:
    """A store with one conversation."""
    store = MemoryConversationStore()
    await store.insert(head, messages)
    return store


async def carried(store: MemoryConversationStore, path: Path) -> MemoryConversationStore:
    """Another store, with what the first one wrote to a file."""
    await FileArchive(store).write(path)
    other = MemoryConversationStore()
    await FileArchive(other).read(path)
    return other


async def test_a_conversation_comes_back_with_all_its_branches_and_its_order(
    tmp_path: Path,
) -> None:
    store = await filled(QUESTION, ANSWER, FAILED, GONE, head=replace(HEAD, leaf_id="a"))
    other = await carried(store, tmp_path / "all.json")
    assert await other.tree(HEAD.id) == [QUESTION, ANSWER, FAILED, GONE]
    opened = await other.load(HEAD.id)
    assert opened is not None
    assert opened.head == replace(HEAD, leaf_id="a")
    assert [message.id for message in opened.messages] == ["q", "a"]


async def test_reading_the_same_file_twice_adds_nothing_and_replaces_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "all.json"
    store = await filled(QUESTION, ANSWER)
    archive = FileArchive(store)
    assert await archive.write(path) == 1
    await store.rename(HEAD.id, "Cells again", Titled.STUDENT)
    later = Message("l", Role.USER, "And then?", 20.0, "a")
    await store.add(HEAD.id, later)
    imported = await archive.read(path)
    assert (imported.conversations, imported.added, imported.messages) == (1, 0, 0)
    opened = await store.load(HEAD.id)
    assert opened is not None
    assert opened.head.title == "Cells again"
    assert opened.messages[-1] == later


async def test_a_conversation_that_was_deleted_is_brought_back(tmp_path: Path) -> None:
    store = await filled(QUESTION, ANSWER)
    archive = FileArchive(store)
    await archive.write(tmp_path / "all.json")
    await store.discard(HEAD.id)
    await archive.read(tmp_path / "all.json")
    opened = await store.load(HEAD.id)
    assert opened is not None
    assert opened.head.deleted_at is None


async def test_messages_that_are_missing_are_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    await FileArchive(await filled(QUESTION, ANSWER, FAILED)).write(path)
    store = await filled(QUESTION)
    imported = await FileArchive(store).read(path)
    assert (imported.added, imported.messages) == (0, 2)
    assert await store.tree(HEAD.id) == [QUESTION, ANSWER, FAILED]


async def test_the_thread_of_another_server_does_not_come_along(tmp_path: Path) -> None:
    head = replace(HEAD, thread_id="thread_1", assistant_id="asst_1", assistant_name="Tutor")
    other = await carried(await filled(QUESTION, head=head), tmp_path / "all.json")
    opened = await other.load(HEAD.id)
    assert opened is not None
    assert (opened.head.thread_id, opened.head.assistant_id) == ("", "")
    assert opened.head.assistant_name == "Tutor"


async def test_archived_ones_are_written_deleted_ones_are_not(tmp_path: Path) -> None:
    store = MemoryConversationStore()
    heads = [replace(HEAD, id=new_id(), title=name) for name in ("here", "away", "gone")]
    for head in heads:
        await store.insert(head, [replace(QUESTION, id=new_id())])
    await store.arrange(heads[1].id, pinned=False, archived=True, folder="")
    await store.discard(heads[2].id)
    path = tmp_path / "all.json"
    assert await FileArchive(store).write(path) == 2
    told = json.loads(path.read_text())
    assert {c["title"] for c in told["conversations"]} == {"here", "away"}
    assert told["format"] == "studybuddy"


async def test_chosen_ones_alone_are_written_and_a_file_is_not_replaced_unasked(
    tmp_path: Path,
) -> None:
    store = await filled(QUESTION)
    other = replace(HEAD, id=new_id())
    await store.insert(other, [replace(QUESTION, id=new_id())])
    path = tmp_path / "one.json"
    assert await FileArchive(store).write(path, [other.id, "unknown"]) == 1
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        await FileArchive(store).write(path)
    assert path.read_bytes() == before
    assert await FileArchive(store).write(path, replace=True) == 2
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == [path]


@pytest.mark.skipif(os.name != "posix", reason="modes are for POSIX")
async def test_what_is_written_is_private(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    await FileArchive(await filled(QUESTION)).write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StudyBuddyError, match="could not use"):
        await FileArchive(await filled(QUESTION)).write(tmp_path / "no" / "all.json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "can't be read"),
        ("no JSON", "can't be read"),
        ("{}", "neither an export"),
        ('{"format": "other", "conversations": []}', "neither an export"),
        ('{"format": "studybuddy", "version": 9, "conversations": []}', "later version"),
        ("\x00\xff", "can't be read"),
    ],
)
async def test_what_is_no_export_is_told_in_a_sentence(
    text: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(StudyBuddyError, match=told):
        await FileArchive(MemoryConversationStore()).read(path)


async def test_one_broken_conversation_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    await FileArchive(await filled(QUESTION)).write(path)
    told = json.loads(path.read_text())
    told["conversations"].insert(0, {"id": "x", "messages": "none"})
    told["unknown"] = told["conversations"][1]["unknown"] = 1
    path.write_text(json.dumps(told))
    imported = await FileArchive(store := MemoryConversationStore()).read(path)
    assert (imported.conversations, imported.added) == (2, 1)
    assert len(imported.complaints) == 1
    assert "Conversation 1" in imported.complaints[0]
    assert await store.tree(HEAD.id) == [QUESTION]


# Trees of any shape


@st.composite
def trees(draw: st.DrawFn) -> list[Message]:
    """Messages in the order of writing, each after any of those before it."""
    messages: list[Message] = []
    for number in range(draw(st.integers(1, 8))):
        parent = draw(st.sampled_from([None, *(m.id for m in messages)]))
        messages.append(
            Message(
                f"m{number}",
                draw(st.sampled_from([Role.USER, Role.ASSISTANT])),
                draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
                float(number),
                parent,
                draw(st.sampled_from([s for s in MessageState if s is not MessageState.STREAMING])),
                deleted=draw(st.booleans()),
                reasoning=draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=5)),
            )
        )
    return messages


@given(trees(), st.sets(st.integers(0, 7)))
@settings(max_examples=80, deadline=None)
def test_no_message_is_lost_on_the_way_through_a_file(
    tmp_path_factory: pytest.TempPathFactory, messages: list[Message], known: set[int]
) -> None:
    path = tmp_path_factory.mktemp("trees") / "all.json"

    async def there_and_back() -> None:
        await FileArchive(await filled(*messages)).write(path)
        store = await filled(*(m for n, m in enumerate(messages) if n in known))
        await FileArchive(store).read(path)
        assert {m.id: m for m in await store.tree(HEAD.id)} == {m.id: m for m in messages}

    asyncio.run(there_and_back())


def test_text_that_utf_8_can_not_carry_is_written_all_the_same() -> None:
    odd = replace(QUESTION, text="half \ud83d of an emoji")
    _, [message] = archive_format.decode(archive_format.encode(HEAD, [odd]))
    assert message.text == "half \N{REPLACEMENT CHARACTER} of an emoji"
