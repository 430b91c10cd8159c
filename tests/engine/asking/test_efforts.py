"""How much a model is to reason, where that is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studybuddy.engine.asking.port import Ask
from studybuddy.engine.errors import ApiError, invalid
from tests.engine.asking.test_native import LOOKUP, asker_of
from tests.engine.asking.upstreams import ScriptedUpstream, asked, question, text

WITH_FUNCTIONS = invalid(
    "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. "
    "Please use /v1/responses instead.",
    "reasoning_effort",
)


def asking(effort: str | None, **fields: object) -> Ask:
    return replace(question("What is a cell?", **fields), reasoning_effort=effort)


def efforts(upstream: ScriptedUpstream) -> list[str | None]:
    return [body.get("reasoning_effort") for body in upstream.bodies]


async def test_an_effort_reaches_the_upstream_with_tools_and_without() -> None:
    upstream = ScriptedUpstream(text("Yes."))
    asker = asker_of(upstream)
    await asked(asker, asking("high"))
    await asked(asker, asking("low", tools=[LOOKUP]))
    await asked(asker, asking(None))
    assert efforts(upstream) == ["high", "low", None]
    assert "reasoning_effort" not in upstream.bodies[2]


async def test_an_effort_that_is_refused_with_functions_is_left_out_and_not_the_functions() -> None:
    upstream = ScriptedUpstream(WITH_FUNCTIONS, text("Yes."))
    asker = asker_of(upstream)
    for _ in range(2):
        _, reply = await asked(asker, asking("high", tools=[LOOKUP]))
        assert reply.text == "Yes."
    assert efforts(upstream) == ["high", None, None]
    assert all(body["tools"] == [LOOKUP] for body in upstream.bodies)
    await asked(asker, asking("high"))
    assert efforts(upstream)[-1] == "high"  # without functions it may be taken


@pytest.mark.parametrize("effort", [None, "high"])
async def test_a_model_that_would_reason_by_itself_is_asked_not_to_with_functions(
    effort: str | None,
) -> None:
    refusals = [WITH_FUNCTIONS] if effort is None else [WITH_FUNCTIONS, WITH_FUNCTIONS]
    upstream = ScriptedUpstream(*refusals, text("Yes."))
    asker = asker_of(upstream)
    for _ in range(2):
        await asked(asker, asking(effort, tools=[LOOKUP]))
    assert efforts(upstream)[-2:] == ["none", "none"]
    assert len(upstream.bodies) == len(refusals) + 2
    assert all("tools" in body for body in upstream.bodies)


@pytest.mark.parametrize(
    "refusal",
    [
        ApiError(400, '"llama3.2" does not support thinking'),
        invalid("Unsupported value: 'reasoning_effort' does not support 'max'.", None),
        invalid("Extra inputs are not permitted", "reasoning_effort"),
    ],
)
async def test_a_model_that_takes_no_effort_is_asked_without(refusal: ApiError) -> None:
    upstream = ScriptedUpstream(refusal, text("Yes."))
    asker = asker_of(upstream)
    for _ in range(2):
        await asked(asker, asking("max"))
    assert efforts(upstream) == ["max", None, None]


@pytest.mark.parametrize("effort", [None, "none", "high"])
async def test_who_refuses_every_effort_is_not_asked_endlessly(effort: str | None) -> None:
    upstream = ScriptedUpstream(invalid("reasoning_effort, no!", "reasoning_effort"))
    with pytest.raises(ApiError):
        await asked(asker_of(upstream), asking(effort, tools=[LOOKUP]))
    assert len(upstream.bodies) <= 3


async def test_another_refusal_is_told_as_it_is() -> None:
    upstream = ScriptedUpstream(ApiError(400, "The key is of no use."))
    with pytest.raises(ApiError, match="of no use"):
        await asked(asker_of(upstream), asking("high"))
    assert len(upstream.bodies) == 1
