"""Notes on their way to the engine: what is left behind where that is broken off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studybuddy.domain.assistants import Assistant, AssistantSpec, NoteStatus, Tool
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.engine.objects import File, VectorStoreFile
from studybuddy.providers.assistants import kept_values
from studybuddy.providers.assistants.link import Answerer, EngineLink, EngineSource
from studybuddy.providers.assistants.service import OpenAIAssistantService
from studybuddy.providers.assistants.uploading import REPORT_EVERY, CountedFile
from tests.engine.built_in import until
from tests.engine.engines import TOKEN, Engine, listening_engine


@dataclass
class World:
    served: Engine
    service: OpenAIAssistantService
    assistant: Assistant
    folder: Path

    def a_file(self, name: str = "notes.md", size: int = 0) -> Path:
        path = self.folder / name
        path.write_bytes(b"# Optics\n\nLight is a wave.\n" + b"word\n" * (size // 5))
        return path

    async def uploads(self) -> list[str]:
        """Names of the files that the engine has."""
        files = await self.served.context.store.read(lambda objects: objects.all(File))
        return [file.filename for file in files]

    async def members(self) -> int:
        """How many files are in vector stores."""
        found = await self.served.context.store.read(lambda objects: objects.all(VectorStoreFile))
        return len(found)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    folder = tmp_path / "files"
    folder.mkdir()
    async with listening_engine("http://127.0.0.1:9/v1", data_dir=tmp_path / "engine") as served:

        async def engine(_own_model: bool) -> Endpoint:
            return Endpoint("built-in", f"{served.base_url}/v1", EndpointKind.BUILT_IN, "", TOKEN)

        async def answerer() -> Answerer | None:
            return None

        link = EngineLink(engine)
        endpoint = Endpoint("built-in", "", EndpointKind.BUILT_IN)
        service = OpenAIAssistantService(endpoint, EngineSource(link, answerer))
        assistant = await service.create_assistant(AssistantSpec("Tutor"))
        yield World(served, service, assistant, folder)
        await link.close()


def ignore(_done: int, _total: int) -> None: ...


async def test_an_upload_that_is_cancelled_leaves_nothing_behind(world: World) -> None:
    begun = asyncio.Event()

    def told(done: int, _total: int) -> None:
        if done:
            begun.set()

    path = world.a_file(size=30_000_000)
    adding = asyncio.create_task(world.service.add_note(world.assistant.id, path, told))
    await begun.wait()
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding

    async def nothing_is_left() -> bool:
        return await world.uploads() == [] and await world.members() == 0

    await until(nothing_is_left)
    folder = world.served.context.files.path("file-any").parent
    await until(lambda: not folder.exists() or not list(folder.iterdir()))


async def test_a_note_that_is_cancelled_while_it_is_indexed_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexing, never = asyncio.Event(), asyncio.Event()

    async def stuck(*_: object, **__: object) -> None:
        indexing.set()
        await never.wait()

    monkeypatch.setattr(world.served.context.search, "add", stuck)
    path = world.a_file()
    adding = asyncio.create_task(world.service.add_note(world.assistant.id, path, ignore))
    await indexing.wait()
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    assert await world.uploads() == []
    assert await world.members() == 0


async def test_files_added_together_share_one_vector_store(world: World) -> None:
    paths = [world.a_file(f"{number}.md") for number in range(6)]
    notes = await asyncio.gather(
        *(world.service.add_note(world.assistant.id, path, ignore) for path in paths)
    )
    assert {note.status for note in notes} == {NoteStatus.COMPLETED}
    [assistant] = await world.service.assistants()
    assert len(assistant.store_ids) == 1
    assert len(await world.service.notes(assistant.id)) == 6


async def test_an_assistant_with_notes_can_search_them(world: World) -> None:
    assert Tool.FILE_SEARCH not in world.assistant.spec.tools
    await world.service.add_note(world.assistant.id, world.a_file(), ignore)
    [assistant] = await world.service.assistants()
    assert Tool.FILE_SEARCH in assistant.spec.tools


async def test_a_deleted_assistant_takes_its_files_along_and_no_others(world: World) -> None:
    other = await world.service.create_assistant(AssistantSpec("Other"))
    await world.service.add_note(world.assistant.id, world.a_file("mine.md"), ignore)
    await world.service.add_note(other.id, world.a_file("yours.md"), ignore)
    await world.service.delete_assistant(world.assistant.id)
    assert await world.uploads() == ["yours.md"]


async def test_notes_in_a_store_that_others_use_stay(world: World) -> None:
    other = await world.service.create_assistant(AssistantSpec("Other"))
    await world.service.add_note(world.assistant.id, world.a_file("ours.md"), ignore)
    [_, mine] = await world.service.assistants()
    response = await world.served.client.post(
        f"/v1/assistants/{other.id}",
        json={"tool_resources": {"file_search": {"vector_store_ids": list(mine.store_ids)}}},
    )
    assert response.status_code == 200
    await world.service.delete_assistant(mine.id)
    assert [note.name for note in await world.service.notes(other.id)] == ["ours.md"]


async def test_a_note_attached_in_a_thread_can_be_read_without_its_assistant(world: World) -> None:
    note = await world.service.add_note(world.assistant.id, world.a_file(), ignore)
    [assistant] = await world.service.assistants()
    resources = {"file_search": {"vector_store_ids": list(assistant.store_ids)}}
    response = await world.served.client.post("/v1/threads", json={"tool_resources": resources})
    thread = response.json()["id"]
    pages = await world.service.note_pages("asst_gone", thread, note.file_id)
    assert "Light is a wave." in "".join(pages)


async def test_a_folder_is_no_note(world: World) -> None:
    with pytest.raises(StudyBuddyError) as caught:
        await world.service.add_note(world.assistant.id, world.folder, ignore)
    assert caught.value.problem.kind is ProblemKind.STORAGE
    assert await world.uploads() == []


async def test_a_file_whose_reading_fails_is_told_as_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(CountedFile):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("studybuddy.providers.assistants.notes.CountedFile", Broken)
    with pytest.raises(StudyBuddyError, match="can't be read: Input/output error"):
        await world.service.add_note(world.assistant.id, world.a_file(), ignore)


def test_progress_is_told_from_the_first_byte_to_the_last_and_not_for_each(tmp_path: Path) -> None:
    path = tmp_path / "large.md"
    path.write_bytes(b"x" * (4 * REPORT_EVERY + 1))
    told: list[tuple[int, int]] = []
    with CountedFile(path) as file:
        file.report_to(lambda *so_far: told.append(so_far))
        while file.read(64 * 1024):
            pass
    size = path.stat().st_size
    assert told[0] == (0, size)
    assert told[-1] == (size, size)
    assert len(told) == 6


def test_an_empty_file_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "empty.md").touch()
    told: list[tuple[int, int]] = []
    with CountedFile(tmp_path / "empty.md") as file:
        file.report_to(lambda *so_far: told.append(so_far))
        assert file.read(100) == b""
    assert told == [(0, 0)]


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
async def test_editing_keeps_what_other_clients_noted_of_an_assistant(world: World) -> None:
    client = (await world.service._calls._source.client()).sdk
    preset = await world.service.create_assistant(AssistantSpec("Tutor", preset="tutor"))
    await client.beta.assistants.update(
        preset.id, metadata={kept_values.PRESET: "tutor", "course": "optics"}
    )
    for name, expected in (("tutor", {kept_values.PRESET: "tutor"}), ("", {})):
        await world.service.update_assistant(preset.id, AssistantSpec("Mentor", preset=name))
        told = await client.beta.assistants.retrieve(preset.id)
        assert told.metadata == {"course": "optics", **expected}
