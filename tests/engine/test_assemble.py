"""Chunks become the completion that they amount to."""

from __future__ import annotations

from typing import Any

from studybuddy.engine.upstream.assemble import Assembly
from tests.support.wire import USAGE, chunk


def assembled(*chunks: dict[str, Any]) -> dict[str, Any]:
    whole = Assembly()
    for one in chunks:
        whole.add(one)
    return whole.completion()


def tool_delta(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": more.pop("name")} if "name" in more else {})}
    return chunk({"tool_calls": [{"index": index, **more, "function": function}]}).data


def test_text_grows_and_usage_is_kept() -> None:
    whole = assembled(
        chunk({"role": "assistant", "content": None}).data,
        chunk({"content": "A "}).data,
        chunk({"content": "cell"}).data,
        chunk({}, "stop").data,
        chunk(usage=USAGE).data,
    )
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": "A cell"}
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["usage"] == USAGE
    assert whole["id"] == "chatcmpl-scripted"


def test_tool_calls_are_put_together_by_their_index() -> None:
    whole = assembled(
        tool_delta(0, "", id="call_a", type="function", name="weather"),
        tool_delta(1, "", id="call_b", type="function", name="time"),
        tool_delta(0, '{"city":'),
        tool_delta(1, "{}"),
        tool_delta(0, '"Paris"}'),
        chunk({}, "tool_calls").data,
    )
    message = whole["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"] == [
        {
            "id": "call_a",
            "type": "function",
            "function": {"arguments": '{"city":"Paris"}', "name": "weather"},
        },
        {"id": "call_b", "type": "function", "function": {"arguments": "{}", "name": "time"}},
    ]


def test_choices_and_their_log_probabilities_stay_apart() -> None:
    def part(index: int, text: str) -> dict[str, Any]:
        logprobs = {"content": [{"token": text, "logprob": -0.5}]}
        return {"choices": [{"index": index, "delta": {"content": text}, "logprobs": logprobs}]}

    whole = assembled(part(1, "b"), part(0, "a"), part(1, "c"))
    assert [choice["message"]["content"] for choice in whole["choices"]] == ["a", "bc"]
    tokens = [entry["token"] for entry in whole["choices"][1]["logprobs"]["content"]]
    assert tokens == ["b", "c"]


def test_reasoning_is_kept_beside_the_answer() -> None:
    whole = assembled(
        chunk({"reasoning_content": "Let me "}).data,
        chunk({"reasoning_content": "think."}).data,
        chunk({"content": "4"}).data,
    )
    message = whole["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("Let me think.", "4")
