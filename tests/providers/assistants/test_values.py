"""What the wire says, as values of the domain."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from studybuddy.domain.assistants import AssistantSpec, Function, NoteStatus, Tool
from studybuddy.domain.messages import Role
from studybuddy.domain.runs import Citation, FunctionCall, RunStatus
from studybuddy.domain.usage import Usage
from studybuddy.providers.assistants import kept_values, values, wire, wire_kept
from tests.support.usages import USAGES


def message(**fields: Any) -> Any:
    told = {"id": "msg_1", "object": "thread.message", "role": "assistant", **fields}
    return values.message(msgspec.convert(told, wire.Message))


def text(value: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def mark(start: int, end: int, /, **cited: Any) -> dict[str, Any]:
    return {
        "type": "file_citation",
        "text": "【1】",
        "start_index": start,
        "end_index": end,
        "file_citation": {"file_id": "file-1", **cited},
    }


def test_citations_of_the_engine_keep_all_that_it_tells() -> None:
    found = message(
        content=[
            text(
                "Light is a wave【1】.",
                mark(
                    15,
                    18,
                    quote="a wave",
                    file_name="optics.pdf",
                    page=3,
                    line=40,
                    start=120,
                    end=126,
                ),
            )
        ]
    )
    assert found.citations == (Citation(15, 18, "file-1", "optics.pdf", "a wave", 3, 40, 120, 126),)
    assert found.text[15:18] == "【1】"


def test_citations_of_another_server_need_only_the_file() -> None:
    found = message(content=[text("So【4:0†a】.", mark(2, 9, quote=None))])
    assert found.citations == (Citation(2, 9, "file-1"),)


def test_parts_are_joined_and_their_citations_move_along() -> None:
    found = message(
        content=[
            text("One【1】.", mark(3, 6)),
            {"type": "image_file", "image_file": {"file_id": "file-9"}},
            text(""),
            text("Two【2】.", mark(3, 6)),
            {"type": "refusal", "refusal": "No."},
        ]
    )
    assert found.text == "One【1】.\n\nTwo【2】.\n\nNo."
    assert [found.text[c.start : c.end] for c in found.citations] == ["【1】", "【2】"]


def test_other_annotations_are_left_out() -> None:
    path = {"type": "file_path", "start_index": 0, "end_index": 1, "file_path": {"file_id": "f"}}
    assert message(content=[text("a", path)]).citations == ()


@pytest.mark.parametrize(
    ("status", "complete"), [("completed", True), ("incomplete", False), ("in_progress", False)]
)
def test_a_message_that_was_cut_is_not_whole(status: str, complete: bool) -> None:
    assert message(content=[], status=status).complete is complete


def test_a_message_with_nothing_in_it_is_empty() -> None:
    found = message(role="user", content=None, created_at=None, run_id=None, status=None)
    assert (found.role, found.text, found.run_id, found.complete) == (Role.USER, "", "", True)


def test_a_run_tells_why_it_ended_and_what_it_waits_for() -> None:
    told = msgspec.convert(
        {
            "id": "run_1",
            "object": "thread.run",
            "thread_id": "t",
            "assistant_id": "a",
            "status": "requires_action",
            "model": "default",
            "created_at": 5,
            "last_error": {"code": "rate_limit_exceeded", "message": "Slow down."},
            "incomplete_details": {"reason": "max_prompt_tokens"},
            "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
            "required_action": {
                "type": "submit_tool_outputs",
                "submit_tool_outputs": {
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "quiz", "arguments": "{"},
                        }
                    ]
                },
            },
        },
        wire.Run,
    )
    run = values.run(told)
    assert run.status is RunStatus.REQUIRES_ACTION
    assert run.calls == (FunctionCall("call_1", "quiz", "{"),)
    assert (run.error, run.error_code) == ("Slow down.", "rate_limit_exceeded")
    assert run.incomplete_reason == "max_prompt_tokens"
    assert run.usage == Usage(3, 4)
    assert run.model == ""


@pytest.mark.parametrize("name", USAGES)
def test_usage_of_runs_and_steps_is_read_in_every_variant(name: str) -> None:
    told, expected = USAGES[name]
    run = {"object": "thread.run", "id": "run_1", "status": "completed", "usage": told}
    assert values.run(msgspec.convert(run, wire.Run)).usage == expected
    step = {"object": "thread.run.step", "id": "step_1", "status": "completed", "usage": told}
    assert values.step(msgspec.convert(step, wire.RunStep)).usage == expected


def assistant(**fields: Any) -> Any:
    return kept_values.assistant(msgspec.convert({"id": "asst_1", **fields}, wire_kept.Assistant))


def test_an_assistant_of_another_client_is_read_as_far_as_it_can_be() -> None:
    found = assistant(
        name=None,
        instructions=None,
        model="gpt-4-1106-preview",
        tools=[{"type": "retrieval"}, {"type": "function", "function": {"name": "f"}}],
        tool_resources={"code_interpreter": {"file_ids": []}, "file_search": None},
        metadata={"other": "x"},
    )
    assert found.spec == AssistantSpec(
        "", model="gpt-4-1106-preview", functions=(Function("f", parameters="{}"),)
    )
    assert found.store_ids == ()


def test_an_assistant_has_the_notes_of_its_vector_stores() -> None:
    found = assistant(
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}},
    )
    assert found.store_ids == ("vs_1", "vs_2")
    assert found.spec.tools == {Tool.FILE_SEARCH}


def test_an_assistant_without_a_model_is_sent_with_the_servers_own() -> None:
    spec = AssistantSpec("Tutor", functions=(Function("f", parameters="{not json"),))
    assert kept_values.fields_of(spec)["model"] == "default"
    assert kept_values.fields_of(spec, "llama")["model"] == "llama"
    assert kept_values.fields_of(spec)["tools"][0]["function"]["parameters"] == {}
    assert kept_values.fields_of(spec)["metadata"] == {}


def test_a_note_whose_file_is_gone_still_has_a_name() -> None:
    told = wire_kept.StoredFile("file-1", "daydreaming", wire.Failure(message="no text"))
    note = kept_values.note(told, None)
    assert (note.name, note.status, note.error) == ("file-1", NoteStatus.IN_PROGRESS, "no text")


def test_half_of_an_emoji_can_be_sent() -> None:
    assert values.encodable("cut \ud83d").encode()
    assert values.encodable("😀") == "😀"
