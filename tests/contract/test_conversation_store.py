"""The contracts of the stores of conversations and of runs, on each store there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studybuddy.domain.ports import ConversationStore
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.instances import Instance
from tests.contract.conversation_branches import BranchesContract
from tests.contract.conversation_order import OrderContract
from tests.contract.conversation_store import Clock, ConversationStoreContract
from tests.contract.conversation_threads import ThreadsContract
from tests.contract.run_store import RunStoreContract
from tests.support.memory_store import MemoryConversationStore, MemoryData


class SqliteWorld:
    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self._folder = folder
        self._running: dict[int, tuple[SqliteConversationStore, Instance]] = {}

    def start(self) -> SqliteConversationStore:
        instance = Instance(self._folder / "instances")
        store = SqliteConversationStore(
            self._folder / "data" / "studybuddy.db", instance, clock=self.clock
        )
        self._running[id(store)] = store, instance
        return store

    async def kill(self, store: ConversationStore) -> None:
        ended, instance = self._running.pop(id(store))
        await ended.close()
        instance.release()

    async def end(self) -> None:
        for store, instance in self._running.values():
            await store.close()
            instance.release()


class MemoryWorld:
    def __init__(self) -> None:
        self.clock = Clock()
        self._data = MemoryData()

    def start(self) -> MemoryConversationStore:
        return MemoryConversationStore(self._data, self.clock)

    async def kill(self, store: ConversationStore) -> None:
        assert isinstance(store, MemoryConversationStore)
        await store.close()


class TestSqliteConversationStore(
    ConversationStoreContract, BranchesContract, OrderContract, ThreadsContract
):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[SqliteWorld]:
        world = SqliteWorld(tmp_path)
        yield world
        await world.end()


class TestMemoryConversationStore(
    ConversationStoreContract, BranchesContract, OrderContract, ThreadsContract
):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()


class TestSqliteRunStore(RunStoreContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[SqliteWorld]:
        world = SqliteWorld(tmp_path)
        yield world
        await world.end()


class TestMemoryRunStore(RunStoreContract):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()
