"""The stream of a run's events, however it is cut and whatever is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studybuddy.domain.assistant_ports import MessageDelta, MessageSeen, RunChanged, StepSeen
from studybuddy.domain.runs import CodeCall, FunctionCall, Hit, RunStatus, SearchCall, StepStatus
from studybuddy.providers.assistants.stream import RunReader
from studybuddy.providers.events import EventSplitter


def run(status: str = "in_progress", **fields: Any) -> dict[str, Any]:
    return {"id": "run_1", "object": "thread.run", "thread_id": "t", "status": status, **fields}


def delta(*texts: str, index: int = 0, message: str = "msg_1") -> dict[str, Any]:
    parts = [{"index": index, "type": "text", "text": {"value": text}} for text in texts]
    return {"id": message, "object": "thread.message.delta", "delta": {"content": parts}}


def message(text: str, status: str = "completed") -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    return {
        "id": "msg_1",
        "object": "thread.message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def step(details: dict[str, Any], status: str = "in_progress") -> dict[str, Any]:
    return {"id": "step_1", "object": "thread.run.step", "status": status, "step_details": details}


def step_delta(*calls: dict[str, Any]) -> dict[str, Any]:
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    return {"id": "step_1", "object": "thread.run.step.delta", "delta": {"step_details": details}}


def encoded(*objects: Any) -> bytes:
    return b"".join(f"event: some.name\ndata: {json.dumps(o)}\n\n".encode() for o in objects)


def read(data: bytes, size: int = 10**9) -> tuple[RunReader, list[Any]]:
    """What is told of the bytes, when they come in pieces of that size."""
    reader, splitter, told = RunReader(), EventSplitter(), []
    for at in range(0, len(data), size):
        told += reader.read(splitter.feed(data[at : at + size]))
    told += reader.read(splitter.finish())
    return reader, told


WHOLE = encoded(
    run("queued"),
    run("queued"),
    run(),
    message("", "in_progress"),
    delta("Light "),
    delta("is 学"),
    message("Light is 学"),
    run("completed", usage={"prompt_tokens": 3, "completion_tokens": 4}),
)


@pytest.mark.parametrize("size", [1, 7, 100, 10**9])
def test_a_stream_tells_the_same_however_it_is_cut(size: int) -> None:
    reader, told = read(WHOLE + b"event: done\ndata: [DONE]\n\n", size)
    assert "".join(e.text for e in told if isinstance(e, MessageDelta)) == "Light is 学"
    assert [e.run.status for e in told if isinstance(e, RunChanged)] == [
        RunStatus.QUEUED,
        RunStatus.IN_PROGRESS,
        RunStatus.COMPLETED,
    ]
    assert [e.message.text for e in told if isinstance(e, MessageSeen)] == ["Light is 学"]
    assert reader.ended
    assert reader.error is None


def test_texts_that_came_together_are_one_event() -> None:
    _, told = read(encoded(run(), *(delta(f"{n} ") for n in range(100))))
    assert len(told) == 2
    assert told[1].text == "".join(f"{n} " for n in range(100))


def test_texts_of_different_messages_stay_apart() -> None:
    _, told = read(encoded(delta("a"), delta("b", message="msg_2"), delta("c", message="msg_2")))
    assert told == [MessageDelta("msg_1", "a"), MessageDelta("msg_2", "bc")]


def test_parts_of_a_message_are_kept_apart_by_a_blank_line() -> None:
    _, told = read(encoded(delta("One."), delta("Two.", index=1), delta(" More.", index=1)))
    assert told == [MessageDelta("msg_1", "One.\n\nTwo. More.")]


def test_nothing_is_read_beyond_the_end() -> None:
    reader, told = read(encoded(run("requires_action"), run("completed"), delta("late")))
    assert [e.run.status for e in told] == [RunStatus.REQUIRES_ACTION]
    assert reader.ended


def test_a_step_grows_by_its_deltas() -> None:
    code = {"type": "code_interpreter", "index": 0}
    _, told = read(
        encoded(
            step({"type": "tool_calls", "tool_calls": []}),
            step_delta({**code, "id": "call_1", "code_interpreter": {"input": "print("}}),
            step_delta({**code, "code_interpreter": {"input": "1)"}}),
            step_delta({**code, "code_interpreter": {"outputs": [{"type": "logs", "logs": "1"}]}}),
            step_delta(
                {
                    "type": "function",
                    "index": 1,
                    "id": "call_2",
                    "function": {"name": "quiz", "arguments": '{"a"'},
                }
            ),
            step_delta({"index": 1, "function": {"arguments": ": 1}", "output": "[]"}}),
        )
    )
    assert told[-1].step.status is StepStatus.IN_PROGRESS
    assert told[-1].step.calls == (
        CodeCall("call_1", "print(1)", "1"),
        FunctionCall("call_2", "quiz", '{"a": 1}', "[]"),
    )
    assert [type(event) for event in told] == [StepSeen] * 6


def test_a_search_tells_its_passages() -> None:
    results = [
        {"file_id": "file-1", "file_name": "a.pdf", "score": 0.5, "content": [{"text": "Light"}]},
        {"file_id": "file-2", "file_name": "b.pdf", "score": 0.25},
    ]
    call = {"id": "call_1", "type": "file_search", "file_search": {"results": results}}
    _, told = read(encoded(step({"type": "tool_calls", "tool_calls": [call]}, "completed")))
    assert told[0].step.calls == (
        SearchCall(
            "call_1", (Hit("file-1", "a.pdf", "Light", 0.5), Hit("file-2", "b.pdf", "", 0.25))
        ),
    )


def test_a_delta_of_a_step_that_never_began_is_left_out() -> None:
    _, told = read(encoded(step_delta({"index": 0, "type": "code_interpreter"})))
    assert told == []


@pytest.mark.parametrize(
    "odd",
    [
        b"data: {\n\n",
        b"data: \xff\xfe\n\n",
        b"data: []\n\n",
        b"data: 1\n\n",
        b'data: {"object": "thread.something.new", "id": "x"}\n\n',
        b'data: {"object": "thread.message.delta"}\n\n',
        b'data: {"object": "thread.run", "id": 5, "status": "completed"}\n\n',
        b": keep-alive\n\n",
        b"event: done\ndata: [DONE]\n\n",
    ],
)
def test_what_is_not_known_is_passed_over(odd: bytes) -> None:
    _, told = read(encoded(run()) + odd + encoded(delta("on")))
    assert told[-1] == MessageDelta("msg_1", "on")


@pytest.mark.parametrize("data", ['{"error": {"message": "no"}}', '{"message": "no"}', "no"])
def test_an_error_ends_the_reading_and_is_kept(data: str) -> None:
    reader, told = read(
        encoded(run()) + f"event: error\ndata: {data}\n\n".encode() + encoded(delta("late"))
    )
    assert len(told) == 1
    assert reader.error
    assert not reader.ended


def test_a_run_whose_status_is_new_counts_as_under_way() -> None:
    reader, told = read(encoded(run("daydreaming")))
    assert told[0].run.status is RunStatus.IN_PROGRESS
    assert not reader.ended
