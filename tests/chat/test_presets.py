"""The presets are made once, whoever asks for them at the same time or goes away meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from studybuddy.domain.assistants import Assistant, AssistantSpec
from studybuddy.study.presets import PRESETS
from tests.chat.test_assistant_shelf import names, shelf_on
from tests.support.scripted_assistants import ScriptedAssistants


class Slow(ScriptedAssistants):
    """A server whose replies take a while."""

    def __init__(self) -> None:
        super().__init__()
        self.making = asyncio.Event()

    async def create_assistant(self, spec: AssistantSpec) -> Assistant:
        made = await super().create_assistant(spec)
        self.making.set()
        await asyncio.sleep(0.02)
        return made


async def test_a_preset_is_made_once_though_who_asked_for_it_went_away() -> None:
    server = Slow()
    shelf = shelf_on(server)
    asking = asyncio.create_task(shelf.list())
    await server.making.wait()
    asking.cancel()
    assert len(await names(shelf)) == len(server.shelf) == len(PRESETS)


async def test_two_windows_make_the_presets_once() -> None:
    server = Slow()
    one, other = shelf_on(server), shelf_on(server)
    first = asyncio.create_task(one.list())
    await server.making.wait()
    other._unmade[server.endpoint.base_url] = list(PRESETS)  # it has seen the server empty
    assert len(await names(other)) == len(PRESETS)
    await first
    assert len(server.shelf) == len(PRESETS)


async def test_a_server_that_keeps_no_metadata_gets_each_preset_once_all_the_same() -> None:
    class Forgetful(ScriptedAssistants):
        async def create_assistant(self, spec: AssistantSpec) -> Assistant:
            return await super().create_assistant(replace(spec, preset=""))

    server = Forgetful()
    assert sorted(await names(shelf_on(server))) == sorted(spec.name for spec in PRESETS)
