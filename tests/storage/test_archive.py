"""Conversations to files and back: nothing is lost, nothing is replaced, nothing comes twice."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import stat
import zipfile
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
from studybuddy.storage import archive_files, archive_format
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


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_completion_tokens": -5},
        {"max_completion_tokens": 10**30},
        {
            "messages": [
                {
                    "id": "q",
                    "role": "user",
                    "text": "Why?",
                    "created_at": 1,
                    "usage": {"prompt": 1 << 70},
                }
            ]
        },
    ],
)
async def test_numbers_that_can_not_be_are_a_complaint(
    wrong: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "all.json"
    await FileArchive(await filled(QUESTION)).write(path)
    told = json.loads(path.read_text())
    told["conversations"][0] |= wrong
    path.write_text(json.dumps(told))
    imported = await FileArchive(MemoryConversationStore()).read(path)
    assert (imported.added, len(imported.complaints)) == (0, 1)


async def test_two_messages_of_one_id_are_both_kept_and_once_each(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    await FileArchive(await filled(QUESTION, ANSWER)).write(path)
    told = json.loads(path.read_text())
    messages = told["conversations"][0]["messages"]
    messages += [messages[0], {**messages[1], "text": "Because of ATP."}]
    path.write_text(json.dumps(told))
    store = MemoryConversationStore()
    for added in (3, 0):
        assert (await FileArchive(store).read(path)).messages == added
    assert [m.text for m in await store.tree(HEAD.id)] == [
        "Why?",
        "Because ATP.",
        "Because of ATP.",
    ]


async def test_a_file_that_came_while_it_was_written_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "all.json"

    def comes(_count: int) -> None:
        path.write_text("mine")

    with pytest.raises(FileExistsError) as refused:
        await FileArchive(await filled(QUESTION)).write(path, progress=comes)
    assert refused.value.args == (path,)
    assert path.read_text() == "mine"
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == [path]


async def test_it_is_written_where_files_can_have_no_second_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuses)
    archive = FileArchive(await filled(QUESTION))
    assert await archive.write(tmp_path / "all.json") == 1
    with pytest.raises(FileExistsError):
        await archive.write(tmp_path / "all.json")
    assert (await FileArchive(MemoryConversationStore()).read(tmp_path / "all.json")).added == 1


async def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StudyBuddyError, match="Not a directory"):
        await FileArchive(await filled(QUESTION)).write(tmp_path / "file" / "all.json")


@pytest.mark.parametrize("limit", ["_MOST_BYTES", "_MOST_OF_ALL"])
async def test_what_unpacks_to_more_than_a_computer_bears_is_refused_unread(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, path = tmp_path / "all.json", tmp_path / "all.zip"
    await FileArchive(await filled(QUESTION)).write(plain)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in "12":
            archive.writestr(f"conversations-{part}.json", plain.read_bytes() + b" " * 3_000_000)
    store = MemoryConversationStore()
    monkeypatch.setattr(archive_files, limit, 2_000_000 if limit == "_MOST_BYTES" else 5_000_000)
    with pytest.raises(StudyBuddyError, match=r"it has more than \d MB"):
        await FileArchive(store).read(path)
    monkeypatch.setattr(archive_files, limit, 7_000_000)
    assert (await FileArchive(store).read(path)).added == 1


async def test_a_file_that_is_too_long_is_refused_and_usual_exports_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 300_000_000 < archive_files._MOST_BYTES <= 500_000_000
    path = tmp_path / "all.json"
    await FileArchive(await filled(QUESTION)).write(path)
    monkeypatch.setattr(archive_files, "_MOST_BYTES", path.stat().st_size - 1)
    with pytest.raises(StudyBuddyError, match="it has more than"):
        await FileArchive(MemoryConversationStore()).read(path)


async def test_what_looks_like_half_of_a_character_and_is_none_stays(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    await FileArchive(await filled(QUESTION)).write(path)
    told = path.read_text().replace('"Why?"', r'"\\ud83d \ud83d\ude00 \\\ud83d \ude00 \"\ud83d\n"')
    path.write_bytes(told.encode())
    await FileArchive(store := MemoryConversationStore()).read(path)
    [message] = await store.tree(HEAD.id)
    assert message.text == '\\ud83d \U0001f600 \\\ufffd \ufffd "\ufffd\n'


async def test_where_a_zip_is_damaged_further_on_what_came_before_stays(tmp_path: Path) -> None:
    plain, path = tmp_path / "all.json", tmp_path / "all.zip"
    await FileArchive(await filled(QUESTION)).write(plain)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(plain, "conversations-1.json")
        archive.writestr("conversations-2.json", b"[]" + b" " * 100)
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b"[]" + b" " * 100) + 50] = 65
    path.write_bytes(damaged)
    imported = await FileArchive(MemoryConversationStore()).read(path)
    assert imported.added == 1
    assert "The rest can't be read" in imported.complaints[0]


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
