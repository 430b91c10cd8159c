"""`/v1/assistants`, as OpenAI's own client and raw HTTP use it."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.engine.engines import Engine, engine, keeping_engine
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import answer, model_list

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FUNCTION = {
    "type": "function",
    "function": {"name": "display_quiz", "parameters": {"type": "object", "properties": {}}},
}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}


async def refusal(served: Engine, **fields: Any) -> dict[str, Any]:
    """The error with which an assistant is refused."""
    response = await served.client.post("/v1/assistants", json={"model": "m", **fields})
    assert response.status_code == 400, response.text
    error: dict[str, Any] = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    return error


async def test_an_assistant_keeps_all_that_it_was_made_with() -> None:
    async with keeping_engine() as served:
        assistants = served.sdk.beta.assistants
        fields: dict[str, Any] = {
            "model": "gpt-4-1106-preview",  # which is asked for here, whoever answers
            "name": "Math Tutor",
            "description": "Explains.",
            "instructions": "You are a personal math tutor.",
            "tools": [{"type": "code_interpreter"}, {"type": "file_search"}, FUNCTION],
            "metadata": {"subject": "maths"},
            "temperature": 0.5,
            "top_p": 0.9,
            "response_format": SCHEMA,
        }
        made = await assistants.create(**fields)
        found = await assistants.retrieve(made.id)
        assert found == made
        assert found.to_dict().items() >= fields.items()
        assert made.id.startswith("asst_")


async def test_an_assistant_with_a_model_alone_has_the_usual_values() -> None:
    async with keeping_engine() as served:
        made = await served.sdk.beta.assistants.create(model="m")
        assert (made.name, made.instructions, made.tools) == (None, None, [])
        assert (made.temperature, made.top_p, made.response_format) == (1, 1, "auto")


async def test_an_update_changes_only_what_it_names() -> None:
    async with keeping_engine() as served:
        assistants = served.sdk.beta.assistants
        made = await assistants.create(model="m", name="Old", instructions="Be kind.")
        changed = await assistants.update(made.id, name="New", metadata={"a": "b"})
        assert (changed.name, changed.instructions) == ("New", "Be kind.")
        cleared = await assistants.update(made.id, name=None, temperature=None)
        assert (cleared.name, cleared.temperature, cleared.metadata) == (None, 1, {"a": "b"})
        assert await assistants.retrieve(made.id) == cleared


async def test_a_deleted_assistant_is_gone() -> None:
    async with keeping_engine() as served:
        assistants = served.sdk.beta.assistants
        made = await assistants.create(model="m")
        told = await assistants.delete(made.id)
        assert told.to_dict() == {"id": made.id, "object": "assistant.deleted", "deleted": True}
        for again in (assistants.retrieve, assistants.delete, assistants.update):
            with pytest.raises(openai.NotFoundError) as error:
                await again(made.id)
            assert f"No assistant found with id '{made.id}'." in str(error.value)


async def test_a_list_is_walked_page_by_page_newest_first() -> None:
    async with keeping_engine() as served:
        assistants = served.sdk.beta.assistants
        made = [(await assistants.create(model="m")).id for _ in range(7)]
        assert [found.id async for found in assistants.list(limit=3)] == made[::-1]
        assert [found.id async for found in assistants.list(limit=2, order="asc")] == made
        page = await assistants.list(limit=2, before=made[2])
        assert [found.id for found in page.data] == [made[4], made[3]]
        assert page.has_more


async def test_a_list_tells_its_ends() -> None:
    async with keeping_engine() as served:
        empty = (await served.client.get("/v1/assistants")).json()
        assert empty == {
            "object": "list",
            "data": [],
            "first_id": "",
            "last_id": "",
            "has_more": False,
        }
        made = [(await served.sdk.beta.assistants.create(model="m")).id for _ in range(3)]
        told = (await served.client.get("/v1/assistants?limit=2")).json()
        assert (told["first_id"], told["last_id"], told["has_more"]) == (made[2], made[1], True)


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("limit=0", 400, "Expected a value >= 1, but got 0 instead"),
        ("limit=101", 400, "Expected a value <= 100, but got 101 instead"),
        ("limit=many", 400, "Invalid type for 'limit': expected an integer"),
        ("limit=" + "9" * 5000, 400, "Invalid type for 'limit'"),
        ("order=random", 400, "Supported values are: 'asc' and 'desc'"),
        ("after=asst_none", 404, "No assistant found with id 'asst_none'."),
        ("before=asst_none", 404, "No assistant found with id 'asst_none'."),
    ],
)
async def test_a_list_is_asked_for_in_the_right_words(
    query: str, status: int, message: str
) -> None:
    async with keeping_engine() as served:
        response = await served.client.get(f"/v1/assistants?{query}")
        assert response.status_code == status
        assert message in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"model": None}, "model", "Missing required parameter: 'model'."),
        ({"model": ""}, "model", "Missing required parameter: 'model'."),
        ({"model": 4}, "model", "expected a string, but got an integer instead"),
        ({"name": ["a"]}, "name", "expected a string, but got an array instead"),
        ({"name": "n" * 257}, "name", "maximum length 256, but got a string with length 257"),
        ({"description": "d" * 513}, "description", "maximum length 512"),
        ({"instructions": "i" * 256_001}, "instructions", "maximum length 256000"),
        ({"temperature": 2.1}, "temperature", "Expected a value <= 2, but got 2.1 instead"),
        ({"temperature": "hot"}, "temperature", "expected a number"),
        ({"temperature": True}, "temperature", "expected a number, but got a boolean"),
        ({"top_p": -0.1}, "top_p", "Expected a value >= 0"),
        ({"metadata": {"k": 1}}, "metadata.k", "expected a string"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k", "maximum length 512"),
        ({"metadata": {"k" * 65: "v"}}, "metadata", "maximum length 64"),
        ({"metadata": {str(n): "v" for n in range(17)}}, "metadata", "at most 16 properties"),
        ({"metadata": "all"}, "metadata", "expected an object"),
        ({"tools": {}}, "tools", "expected an array"),
        ({"tools": ["code_interpreter"]}, "tools[0]", "expected an object"),
        ({"tools": [{}]}, "tools[0].type", "Missing required parameter"),
        (
            {"tools": [{"type": "retrieval"}]},
            "tools[0].type",
            "Supported values are: 'code_interpreter', 'function', and 'file_search'.",
        ),
        ({"tools": [{"type": "code_interpreter"}] * 129}, "tools", "maximum length 128"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "Missing required"),
        (
            {"tools": [{"type": "function", "function": {"name": "show quiz"}}]},
            "tools[0].function.name",
            "does not match pattern",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": "none"}}]},
            "tools[0].function.parameters",
            "expected an object",
        ),
        (
            {"tools": [{"type": "file_search", "file_search": {"max_num_results": 51}}]},
            "tools[0].file_search.max_num_results",
            "Expected a value <= 50",
        ),
        ({"response_format": "json"}, "response_format", "Supported values are: 'auto'."),
        ({"response_format": 1}, "response_format", "expected a string or an object"),
        ({"response_format": {"type": "yaml"}}, "response_format.type", "'json_object'"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {}}},
            "response_format.json_schema.name",
            "Missing required",
        ),
        ({"tool_resources": []}, "tool_resources", "expected an object"),
        (
            {"tool_resources": {"code_interpreter": {"file_ids": "file-1"}}},
            "tool_resources.code_interpreter.file_ids",
            "expected an array",
        ),
        (
            {"tool_resources": {"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}}},
            "tool_resources.file_search.vector_store_ids",
            "maximum length 1",
        ),
    ],
)
async def test_what_is_wrong_is_refused_by_name(
    fields: dict[str, Any], param: str, message: str
) -> None:
    async with keeping_engine() as served:
        error = await refusal(served, **fields)
        assert error["param"] == param
        assert message in error["message"]
        assert (await served.client.get("/v1/assistants")).json()["data"] == []


async def test_unknown_fields_are_tolerated() -> None:
    async with keeping_engine() as served:
        body = {"model": "m", "reasoning_effort": "high", "file_ids": [], "made_up": {"a": 1}}
        response = await served.client.post("/v1/assistants", json=body)
        assert response.status_code == 200
        assert "made_up" not in response.json()


async def test_what_is_nested_too_deep_is_refused_and_does_not_break_the_list() -> None:
    async with keeping_engine() as served:
        for depth, status in ((150, 200), (250, 400), (5000, 400)):
            nested = '{"a":' * depth + "1" + "}" * depth
            body = (
                '{"model": "m", "tools": [{"type": "function", "function": '
                '{"name": "f", "parameters": ' + nested + "}}]}"
            )
            response = await served.client.post("/v1/assistants", content=body)
            assert response.status_code == status
        assert (await served.client.get("/v1/assistants")).status_code == 200


async def test_a_resource_that_is_not_there_is_named() -> None:
    async with keeping_engine() as served:
        for resources, message in (
            ({"code_interpreter": {"file_ids": ["file-1"]}}, "No file found with id 'file-1'."),
            (
                {"file_search": {"vector_store_ids": ["vs_1"]}},
                "No vector store found with id 'vs_1'.",
            ),
            (
                {"file_search": {"vector_stores": [{"file_ids": ["file-2"]}]}},
                "No file found with id 'file-2'.",
            ),
        ):
            response = await served.client.post(
                "/v1/assistants", json={"model": "m", "tool_resources": resources}
            )
            assert response.status_code == 404
            assert response.json()["error"]["message"] == message
        # Not even the vector store that was to be made.
        assert (await served.client.get("/v1/vector_stores")).json()["data"] == []


async def test_a_vector_store_is_made_where_the_assistant_asks_for_one() -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        file = await sdk.files.create(file=("cells.md", b"# Cells"), purpose="assistants")
        made = await sdk.beta.assistants.create(
            model="m",
            tools=[{"type": "file_search"}],
            tool_resources={
                "code_interpreter": {"file_ids": [file.id]},
                "file_search": {"vector_stores": [{"file_ids": [file.id]}]},
            },
        )
        assert made.tool_resources is not None
        assert made.tool_resources.code_interpreter is not None
        assert made.tool_resources.code_interpreter.file_ids == [file.id]
        assert made.tool_resources.file_search is not None
        (store_id,) = made.tool_resources.file_search.vector_store_ids or []
        assert [f.id async for f in sdk.vector_stores.files.list(store_id)] == [file.id]
        changed = await sdk.beta.assistants.update(
            made.id, tool_resources={"code_interpreter": {"file_ids": []}}
        )
        assert changed.tool_resources is not None
        assert changed.tool_resources.file_search == made.tool_resources.file_search


async def test_strict_models_refuses_a_name_that_is_not_there() -> None:
    async with (
        ScriptedServer(answer("ok"), models=model_list("here")) as upstream,
        engine(upstream.base_url, strict=True) as served,
    ):
        assistants = served.sdk.beta.assistants
        made = await assistants.create(model="here")
        with pytest.raises(openai.NotFoundError, match="'gpt-4' does not exist"):
            await assistants.create(model="gpt-4")
        with pytest.raises(openai.NotFoundError, match="'gpt-4' does not exist"):
            await assistants.update(made.id, model="gpt-4")


@pytest.mark.parametrize("id", ["asst_%00", "asst_..", "%F0%9F%98%80", "asst_'%22;--", "a" * 3000])
async def test_an_odd_id_is_no_more_than_not_found(id: str) -> None:
    async with keeping_engine() as served:
        for method in ("GET", "DELETE"):
            response = await served.client.request(method, f"/v1/assistants/{id}")
            assert response.status_code == 404
            assert response.json()["error"]["type"] == "invalid_request_error"


async def test_the_beta_header_may_be_there_or_not() -> None:
    async with keeping_engine() as served:
        for headers in ({}, {"OpenAI-Beta": "assistants=v2"}, {"OpenAI-Beta": "assistants=v1"}):
            response = await served.client.post(
                "/v1/assistants", json={"model": "m"}, headers=headers
            )
            assert response.status_code == 200
