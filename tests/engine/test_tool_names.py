"""Tools of an assistant that a model could not tell apart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.engines import keeping_engine
from tests.engine.test_assistants_routes import FUNCTION, refusal

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("name", ["display_quiz", "file_search"])
async def test_two_tools_of_one_name_are_refused(name: str) -> None:
    named = {"type": "function", "function": {"name": name}}
    async with keeping_engine() as served:
        error = await refusal(served, tools=[{"type": "file_search"}, FUNCTION, named])
        assert error["param"] == "tools[2].function.name"
        assert name in error["message"]


async def test_a_function_may_have_the_name_of_a_built_in_tool_that_is_not_there() -> None:
    names = ("file_search", "code_interpreter", "function")
    tools: Any = [{"type": "function", "function": {"name": name}} for name in names]
    async with keeping_engine() as served:
        made = await served.sdk.beta.assistants.create(model="m", tools=tools)
        assert [tool.function.name for tool in made.tools] == [*names]
