"""Runs that come to an answer."""

from __future__ import annotations

import pytest

from tests.engine.runs.scripted import ScriptedAsker, host, says

pytestmark = pytest.mark.filterwarnings("ignore:The Assistants API:DeprecationWarning")


async def test_a_run_answers_with_a_message_and_is_completed() -> None:
    async with host(ScriptedAsker(says("A cell is small."))) as served:
        thread_id = await served.thread()
        run = await served.run(thread_id)
        assert run.status == "completed"
        assert await served.texts(thread_id) == ["What is a cell?", "A cell is small."]
