"""Runs of threads with pictures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.runs.scripted import Host, ScriptedAsker, calls, host, says

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CODE: Any = [{"type": "code_interpreter"}]


async def picture(served: Host, name: str, content: bytes = b"\x89PNG") -> Any:
    """A message with a stored picture."""
    file = await served.api.files.create(file=(name, content), purpose="vision")
    image = {"type": "image_file", "image_file": {"file_id": file.id}}
    return {"role": "user", "content": [image]}


async def test_only_pictures_that_are_sent_are_loaded_and_only_once_for_a_run() -> None:
    loaded: list[str] = []

    async def load(file_id: str) -> str | None:
        loaded.append(file_id)
        return "data:image/png;base64,iVBORw=="

    asker = ScriptedAsker(calls(("code_interpreter", '{"code": "1"}')), says("A cell."))
    async with host(asker, image_of=load) as served:
        more = [await picture(served, f"{n}.png") for n in range(3)]
        kept: Any = {"type": "last_messages", "last_messages": 1}
        await served.run(additional_messages=more, tools=CODE, truncation_strategy=kept)
        assert loaded == [more[-1]["content"][0]["image_file"]["file_id"]]
        for ask in asker.asks:
            (part,) = ask.messages[0]["content"]
            assert part["image_url"]["url"] == "data:image/png;base64,iVBORw=="


async def test_a_picture_that_can_not_be_read_is_told_in_words() -> None:
    asker = ScriptedAsker(says("I see nothing."))
    async with host(asker) as served:
        more = [await picture(served, "cells.txt")]
        await served.run(additional_messages=more)
        assert asker.asks[0].messages[-1]["content"] == "[A picture that can't be read.]"
