"""Conversations of ChatGPT's export."""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.domain.messages import Conversation, Message, Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.storage.archive import FileArchive
from tests.support.memory_store import MemoryConversationStore


def node(
    name: str, parent: str | None, role: str, text: str, **more: Any
) -> dict[str, dict[str, Any]]:
    """A node of an export."""
    message = {
        "author": {"role": role},
        "content": {"content_type": "text", "parts": [text]},
        "create_time": 100.0,
        "recipient": "all",
        "metadata": {"model_slug": "gpt-4o"},
        **more,
    }
    return {name: {"id": name, "parent": parent, "children": [], "message": message}}


def chatgpt(*nodes: dict[str, dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """An export of one conversation."""
    mapping: dict[str, dict[str, Any]] = {
        "root": {"id": "root", "parent": None, "children": [], "message": None}
    }
    for each in nodes:
        mapping |= each
    for name, told in mapping.items():
        if told["parent"] in mapping:
            mapping[told["parent"]]["children"].append(name)
    conversation = {
        "title": "Cells",
        "create_time": 90.0,
        "update_time": 120.0,
        "conversation_id": "c1",
        "mapping": mapping,
        "current_node": list(mapping)[-1],
        **more,
    }
    return [conversation]


async def read(export: object, path: Path) -> tuple[Conversation, list[Message]]:
    """What comes of an export with one conversation."""
    await asyncio.to_thread(path.write_text, json.dumps(export))
    store = MemoryConversationStore()
    imported = await FileArchive(store).read(path)
    assert imported.complaints == ()
    opened = await store.load(imported.newest_id)
    assert opened is not None
    return opened.head, list(opened.messages)


async def test_an_export_of_chatgpt_is_read_with_its_branches(tmp_path: Path) -> None:
    export = chatgpt(
        node("s", "root", "system", "", metadata={"is_visually_hidden_from_conversation": True}),
        node("q", "s", "user", "How do cells get energy?"),
        node("a1", "q", "assistant", "By magic."),
        node("a2", "q", "assistant", "By ATP.\ue200cite\ue202turn0search1\ue201【3†source】"),
        node("q2", "a2", "user", "Why?"),
        current_node="q2",
        is_archived=True,
    )
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(export))
    store = MemoryConversationStore()
    imported = await FileArchive(store).read(path)
    assert (imported.conversations, imported.added, imported.messages) == (1, 1, 4)
    opened = await store.load(imported.newest_id)
    assert opened is not None
    shown = ["How do cells get energy?", "By ATP.", "Why?"]
    assert [message.text for message in opened.messages] == shown
    assert opened.alternatives == {opened.messages[1].id: (2, 2)}
    assert opened.messages[1].model == "gpt-4o"
    assert (opened.head.title, opened.head.archived) == ("Cells", True)
    assert (opened.head.created_at, opened.head.updated_at) == (90.0, 120.0)
    again = await FileArchive(store).read(path)
    assert (again.added, again.messages) == (0, 0)


async def test_of_tools_and_thoughts_the_student_sees_one_answer(tmp_path: Path) -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "Hm, 2."}]}
    export = chatgpt(
        node("q", "root", "user", "1 + 1?"),
        node("t", "q", "assistant", "", content=thoughts),
        node("c", "t", "assistant", "print(1 + 1)", recipient="python"),
        node("o", "c", "tool", "2"),
        node("a", "o", "assistant", "It is 2."),
    )
    _, messages = await read(export, tmp_path / "c.json")
    assert [(m.role, m.text) for m in messages] == [
        (Role.USER, "1 + 1?"),
        (Role.ASSISTANT, "It is 2."),
    ]
    assert messages[1].reasoning == "Hm, 2."


async def test_pictures_are_named_and_other_parts_are_passed_over(tmp_path: Path) -> None:
    parts = [{"content_type": "image_asset_pointer", "asset_pointer": "file://x"}, "What is it?"]
    content = {"content_type": "multimodal_text", "parts": parts}
    odd = {"content_type": "new_kind", "result": {"a": [1]}}
    export = chatgpt(
        node("q", "root", "user", "", content=content), node("a", "q", "assistant", "", content=odd)
    )
    _, messages = await read(export, tmp_path / "c.json")
    assert [m.text for m in messages] == ["[an image, which is not in the export]\n\nWhat is it?"]


async def test_the_zip_that_chatgpt_sends_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("chat.html", "<html>")
        archive.writestr("conversations.json", json.dumps(chatgpt(node("q", "root", "user", "Hi"))))
    imported = await FileArchive(MemoryConversationStore()).read(path)
    assert imported.messages == 1
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("user.json", "{}")
    with pytest.raises(StudyBuddyError, match=r"no conversations\.json"):
        await FileArchive(MemoryConversationStore()).read(path)


async def test_half_of_an_emoji_keeps_nothing_from_being_read(tmp_path: Path) -> None:
    export = chatgpt(node("q", "root", "user", "cut \ud83d"), node("a", "q", "assistant", "Yes."))
    _, messages = await read(export, tmp_path / "c.json")
    assert [m.text for m in messages] == ["cut \N{REPLACEMENT CHARACTER}", "Yes."]


async def test_versions_after_a_tool_stay_apart_also_where_no_children_are_listed(
    tmp_path: Path,
) -> None:
    export = chatgpt(
        node("q", "root", "user", "1 + 1?"),
        node("t", "q", "assistant", "Let me see."),
        node("o", "t", "tool", "2"),
        node("a1", "o", "assistant", "Two."),
        node("a2", "o", "assistant", "It is 2."),
    )
    for told in export[0]["mapping"].values():
        told["children"] = []
    path = tmp_path / "c.json"
    await asyncio.to_thread(path.write_text, json.dumps(export))
    store = MemoryConversationStore()
    imported = await FileArchive(store).read(path)
    texts = {message.text for message in await store.tree(imported.newest_id)}
    assert texts == {"1 + 1?", "Let me see.", "Two.", "It is 2."}


async def test_versions_stay_apart_also_where_each_begins_with_what_shows_nothing(
    tmp_path: Path,
) -> None:
    recap = {"content_type": "reasoning_recap", "content": "Thought for 3s"}
    export = chatgpt(
        node("q", "root", "user", "1 + 1?"),
        node("t", "q", "assistant", "Let me see."),
        node("r1", "t", "assistant", "", content=recap),
        node("r2", "t", "assistant", "", content=recap),
        node("a1", "r1", "assistant", "Two."),
        node("a2", "r2", "assistant", "It is 2."),
        node("b2", "a2", "assistant", "As sure as can be."),
    )
    path = tmp_path / "c.json"
    await asyncio.to_thread(path.write_text, json.dumps(export))
    store = MemoryConversationStore()
    imported = await FileArchive(store).read(path)
    texts = {message.text for message in await store.tree(imported.newest_id)}
    assert texts == {"1 + 1?", "Let me see.", "Two.", "It is 2.\n\nAs sure as can be."}


@pytest.mark.parametrize("damage", ["cut", "locked"])
async def test_a_zip_that_is_damaged_or_locked_is_told(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", json.dumps(chatgpt(node("q", "root", "user", "Hi"))))
    data = bytearray(await asyncio.to_thread(path.read_bytes))
    if damage == "cut":
        data[60:70] = bytes(10)
    else:
        data[6] |= 1  # the flag of a password, in the file's head and in the directory
        data[data.index(b"PK\x01\x02") + 8] |= 1
    await asyncio.to_thread(path.write_bytes, bytes(data))
    with pytest.raises(StudyBuddyError, match="can't be read in"):
        await FileArchive(MemoryConversationStore()).read(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.recursive(_JSON, lambda inner: st.fixed_dictionaries({"mapping": inner}), max_leaves=4))
@settings(max_examples=60, deadline=None)
def test_any_json_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, told: object) -> None:
    path = tmp_path_factory.mktemp("odd") / "odd.json"
    path.write_text(json.dumps(told))
    try:
        asyncio.run(FileArchive(MemoryConversationStore()).read(path))
    except StudyBuddyError as error:
        told_why = str(error.problem)
    else:
        return
    assert "can't be read" in told_why
