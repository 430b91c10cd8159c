"""What a small model's student is told about code that was run."""

from __future__ import annotations

import pytest

from studybuddy.engine.asking.port import Ask
from studybuddy.engine.tools.definitions import CODE_INTERPRETER, definition
from studybuddy.engine.tools.interpreter import Interpreters
from studybuddy.engine.tools.sandbox import SandboxLimits
from tests.engine.asking.test_policy import result, user
from tests.engine.asking.test_prompted import small
from tests.engine.asking.upstreams import ScriptedUpstream, text


async def told(output: str) -> str:
    messages = [user("Run it"), *result(CODE_INTERPRETER, output)]
    ask = Ask(messages=messages, tools=[definition(CODE_INTERPRETER)])
    return (await small(ScriptedUpstream(text("never")), ask)).text


@pytest.mark.parametrize("code", ["while True: pass", "x = [0] * 10 ** 10", "1 / 0"])
async def test_code_that_was_stopped_is_not_told_as_a_result(code: str) -> None:
    running = Interpreters(SandboxLimits(seconds=0.2), workers=1)
    try:
        output = (await running.run("t", code)).output
    finally:
        await running.close()
    assert await told(output) == f"The code stopped with an error:\n\n```\n{output}\n```"


async def test_a_tool_that_took_too_long_is_not_told_as_a_result() -> None:
    said = await told("“code_interpreter” took longer than 20 seconds.")
    assert said.startswith("The code stopped with an error:")


async def test_backticks_that_were_printed_stay_within_the_block() -> None:
    output = "```python\nx\n```\n````"
    assert await told(output) == f"The code gives:\n\n`````\n{output}\n`````"
