"""`/v1/threads` and their messages, as OpenAI's own client and raw HTTP use them."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from studybuddy.engine.objects import ACTIVE, Assistant, Run, RunStep, Thread
from studybuddy.engine.store.objects import Objects
from tests.engine.engines import Engine, keeping_engine

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def upload(served: Engine, name: str = "cells.md", text: bytes = b"# Cells") -> str:
    """Id of a file."""
    return (await served.sdk.files.create(file=(name, text), purpose="assistants")).id


async def with_run(served: Engine, thread_id: str, status: str) -> Run:
    """A run of a thread, with a step."""
    run = Run(thread_id=thread_id, assistant_id="asst_1", model="m", status=status)  # type: ignore[arg-type]
    step = RunStep(
        assistant_id="asst_1",
        thread_id=thread_id,
        run_id=run.id,
        type="tool_calls",
        step_details={"type": "tool_calls", "tool_calls": []},
    )

    def put(objects: Objects) -> None:
        objects.insert(run)
        objects.insert(step)

    await served.context.store.write(put)
    return run


def text_of(message: Any) -> str:
    """The text of a message's first part."""
    value: str = message.content[0].text.value
    return value


async def test_a_thread_can_be_made_of_nothing() -> None:
    async with keeping_engine() as served:
        made = await served.sdk.beta.threads.create()
        assert (made.object, made.metadata) == ("thread", {})
        bare = await served.client.post("/v1/threads")  # as curl -X POST does
        assert bare.status_code == 200
        assert await served.sdk.beta.threads.retrieve(made.id) == made


async def test_a_thread_begins_with_the_messages_that_it_is_given() -> None:
    async with keeping_engine() as served:
        threads = served.sdk.beta.threads
        made = await threads.create(
            messages=[
                {"role": "user", "content": "What is a cell?"},
                {"role": "assistant", "content": [{"type": "text", "text": "A small room."}]},
            ],
            metadata={"course": "biology"},
        )
        page = await threads.messages.list(made.id)
        assert [(m.role, text_of(m)) for m in page.data] == [
            ("assistant", "A small room."),  # the newest first
            ("user", "What is a cell?"),
        ]
        assert made.metadata == {"course": "biology"}


async def test_a_thread_with_a_wrong_message_is_not_made_at_all() -> None:
    async with keeping_engine() as served:
        messages = [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}]
        response = await served.client.post("/v1/threads", json={"messages": messages})
        assert response.status_code == 400
        assert response.json()["error"]["param"] == "messages[1].role"
        assert (await served.client.get("/v1/threads")).json()["data"] == []


async def test_threads_are_listed_which_is_an_addition_of_ours() -> None:
    async with keeping_engine() as served:
        made = [(await served.sdk.beta.threads.create()).id for _ in range(3)]
        told = (await served.client.get("/v1/threads?limit=2")).json()
        assert [thread["id"] for thread in told["data"]] == [made[2], made[1]]
        rest = (await served.client.get(f"/v1/threads?after={told['last_id']}")).json()
        assert [thread["id"] for thread in rest["data"]] == [made[0]]


async def test_metadata_and_resources_of_a_thread_can_be_changed() -> None:
    async with keeping_engine() as served:
        threads = served.sdk.beta.threads
        made = await threads.create(metadata={"a": "b"})
        file_id = await upload(served)
        changed = await threads.update(
            made.id, tool_resources={"code_interpreter": {"file_ids": [file_id]}}
        )
        assert changed.metadata == {"a": "b"}
        assert (await threads.update(made.id, metadata={"c": "d"})).metadata == {"c": "d"}
        found = await threads.retrieve(made.id)
        assert found.tool_resources is not None
        assert found.tool_resources.code_interpreter is not None
        assert found.tool_resources.code_interpreter.file_ids == [file_id]


async def test_deleting_a_thread_deletes_what_belongs_to_it() -> None:
    forgotten: list[str] = []

    async def forget(thread_id: str) -> None:
        forgotten.append(thread_id)

    async with keeping_engine() as served:
        served.context.thread_deleted.append(forget)
        sdk = served.sdk
        attached = {"file_id": await upload(served), "tools": [{"type": "file_search"}]}
        message = {"role": "user", "content": "x", "attachments": [attached]}
        gone = await sdk.beta.threads.create(messages=[message])  # type: ignore[list-item]
        kept = await sdk.beta.threads.create(messages=[{"role": "user", "content": "y"}])
        await with_run(served, gone.id, "completed")
        told = await sdk.beta.threads.delete(gone.id)
        assert told.to_dict() == {"id": gone.id, "object": "thread.deleted", "deleted": True}
        assert forgotten == [gone.id]
        with pytest.raises(openai.NotFoundError, match="No thread found with id"):
            await sdk.beta.threads.messages.list(gone.id)
        assert (await sdk.vector_stores.list()).data == []

        def left(objects: Objects) -> tuple[int, int, int]:
            return len(objects.all(Thread)), len(objects.all(Run)), len(objects.all(RunStep))

        assert await served.context.store.read(left) == (1, 0, 0)
        assert len((await sdk.beta.threads.messages.list(kept.id)).data) == 1


async def test_a_message_is_kept_with_all_its_parts() -> None:
    async with keeping_engine() as served:
        threads = served.sdk.beta.threads
        thread = await threads.create()
        picture = await upload(served, "cell.png")
        made = await threads.messages.create(
            thread.id,
            role="user",
            content=[
                {"type": "text", "text": "Look:"},
                {"type": "image_file", "image_file": {"file_id": picture}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ],
            metadata={"a": "b"},
        )
        assert [part.to_dict() for part in made.content] == [
            {"type": "text", "text": {"value": "Look:", "annotations": []}},
            {"type": "image_file", "image_file": {"file_id": picture, "detail": "auto"}},
            {
                "type": "image_url",
                "image_url": {"url": "https://example.com/a.png", "detail": "auto"},
            },
        ]
        assert await threads.messages.retrieve(made.id, thread_id=thread.id) == made
        changed = await threads.messages.update(made.id, thread_id=thread.id, metadata={"c": "d"})
        assert (changed.metadata, changed.content) == ({"c": "d"}, made.content)
        told = await threads.messages.delete(made.id, thread_id=thread.id)
        assert (told.id, told.object, told.deleted) == (made.id, "thread.message.deleted", True)
        with pytest.raises(openai.NotFoundError, match=f"No message found with id '{made.id}'"):
            await threads.messages.retrieve(made.id, thread_id=thread.id)


async def test_messages_are_walked_in_both_orders_and_found_by_run() -> None:
    async with keeping_engine() as served:
        messages = served.sdk.beta.threads.messages
        thread = await served.sdk.beta.threads.create()
        made = [
            (await messages.create(thread.id, role="user", content=str(n))).id for n in range(5)
        ]
        assert [m.id async for m in messages.list(thread.id, limit=2)] == made[::-1]
        assert [m.id async for m in messages.list(thread.id, limit=2, order="asc")] == made
        assert (await messages.list(thread.id, run_id="run_1")).data == []
        with pytest.raises(openai.NotFoundError, match="No message found with id 'msg_none'"):
            await messages.list(thread.id, after="msg_none")


async def test_a_message_is_only_found_in_its_own_thread() -> None:
    async with keeping_engine() as served:
        threads = served.sdk.beta.threads
        one, other = await threads.create(), await threads.create()
        message = await threads.messages.create(one.id, role="user", content="x")
        with pytest.raises(openai.NotFoundError, match="No message found"):
            await threads.messages.retrieve(message.id, thread_id=other.id)


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"role": "system"}, "role", "Supported values are: 'user' and 'assistant'."),
        ({"role": None}, "role", "Missing required parameter: 'role'."),
        ({"content": None}, "content", "Missing required parameter: 'content'."),
        ({"content": ""}, "content", "Message content must be non-empty."),
        ({"content": []}, "content", "Message content must be non-empty."),
        ({"content": 7}, "content", "expected a string or an array"),
        ({"content": ["x"]}, "content[0]", "expected an object"),
        ({"content": [{"type": "sound"}]}, "content[0].type", "'image_url', and 'image_file'"),
        ({"content": [{"type": "text"}]}, "content[0].text", "Missing required"),
        (
            {"content": [{"type": "image_url", "image_url": "http://x"}]},
            "content[0].image_url",
            "expected an object",
        ),
        ({"attachments": {}}, "attachments", "expected an array"),
        ({"attachments": [{"tools": []}]}, "attachments[0].file_id", "Missing required"),
        ({"metadata": {"a": None}}, "metadata.a", "expected a string, but got null"),
    ],
)
async def test_what_is_wrong_with_a_message_is_refused_by_name(
    fields: dict[str, Any], param: str, message: str
) -> None:
    async with keeping_engine() as served:
        thread = await served.sdk.beta.threads.create()
        body = {"role": "user", "content": "x", **fields}
        response = await served.client.post(f"/v1/threads/{thread.id}/messages", json=body)
        assert response.status_code == 400, response.text
        assert response.json()["error"]["param"] == param
        assert message in response.json()["error"]["message"]


async def test_a_file_that_is_not_there_can_not_be_attached() -> None:
    async with keeping_engine() as served:
        thread = await served.sdk.beta.threads.create()
        with pytest.raises(openai.NotFoundError, match="No file found with id 'file-none'"):
            await served.sdk.beta.threads.messages.create(
                thread.id,
                role="user",
                content="x",
                attachments=[{"file_id": "file-none", "tools": [{"type": "file_search"}]}],
            )


@pytest.mark.parametrize("status", sorted(ACTIVE))
async def test_a_thread_with_an_active_run_takes_no_messages(status: str) -> None:
    async with keeping_engine() as served:
        thread = await served.sdk.beta.threads.create()
        run = await with_run(served, thread.id, status)
        with pytest.raises(openai.BadRequestError) as error:
            await served.sdk.beta.threads.messages.create(thread.id, role="user", content="x")
        assert error.value.body == {
            "message": f"Can't add messages to {thread.id} while a run {run.id} is active.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }


async def test_a_thread_whose_run_has_ended_takes_messages_again() -> None:
    async with keeping_engine() as served:
        thread = await served.sdk.beta.threads.create()
        for status in ("completed", "failed", "cancelled", "expired", "incomplete"):
            await with_run(served, thread.id, status)
        await served.sdk.beta.threads.messages.create(thread.id, role="user", content="x")


async def test_the_assistant_is_no_part_of_a_thread() -> None:
    async with keeping_engine() as served:
        assistant = await served.sdk.beta.assistants.create(model="m")
        thread = await served.sdk.beta.threads.create()
        await served.sdk.beta.assistants.delete(assistant.id)
        assert (await served.sdk.beta.threads.retrieve(thread.id)).id == thread.id
        assert await served.context.store.read(lambda o: o.all(Assistant)) == []
