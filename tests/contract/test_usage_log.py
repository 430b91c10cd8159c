"""The contracts of the log of usage, the store of summaries and the kept answers, on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.estimates import SqliteEstimateStore
from studybuddy.storage.instances import Instance
from studybuddy.storage.kept_answers import SqliteAnswerCache
from studybuddy.storage.summaries import SqliteSummaryStore
from studybuddy.storage.usage import SqliteUsageLog
from tests.contract.kept_texts import (
    AnswerCacheContract,
    EstimateStoreContract,
    SummaryStoreContract,
)
from tests.contract.usage_log import ZONE, UsageLogContract
from tests.support.memory_store import MemoryConversationStore
from tests.support.memory_usage import (
    MemoryAnswerCache,
    MemoryEstimateStore,
    MemorySummaryStore,
    MemoryUsageLog,
)


class SqliteWorld:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: list[tuple[SqliteConversationStore, Instance]] = []
        self.store = self._open()

    def log(self) -> SqliteUsageLog:
        return SqliteUsageLog(self._open().database, ZONE)

    def summaries(self) -> SqliteSummaryStore:
        return SqliteSummaryStore(self._open().database)

    def answers(self) -> SqliteAnswerCache:
        return SqliteAnswerCache(self._open().database)

    def estimates(self) -> SqliteEstimateStore:
        return SqliteEstimateStore(self._open().database)

    def _open(self) -> SqliteConversationStore:
        instance = Instance(self._folder / "instances")
        store = SqliteConversationStore(self._folder / "studybuddy.db", instance)
        self._opened.append((store, instance))
        return store

    async def end(self) -> None:
        for store, instance in self._opened:
            await store.close()
            instance.release()


class MemoryWorld:
    def __init__(self) -> None:
        self.store = MemoryConversationStore()
        self._log = MemoryUsageLog(self.store.data, ZONE)
        self._summaries = MemorySummaryStore(self.store.data)
        self._answers = MemoryAnswerCache()
        self._estimates = MemoryEstimateStore()

    def log(self) -> MemoryUsageLog:
        return MemoryUsageLog(self.store.data, ZONE, self._log.rows)

    def summaries(self) -> MemorySummaryStore:
        return self._summaries

    def answers(self) -> MemoryAnswerCache:
        return self._answers

    def estimates(self) -> MemoryEstimateStore:
        return self._estimates


class OnDisk:
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[SqliteWorld]:
        world = SqliteWorld(tmp_path)
        yield world
        await world.end()


class InMemory:
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()


class TestSqliteUsageLog(OnDisk, UsageLogContract): ...


class TestMemoryUsageLog(InMemory, UsageLogContract): ...


class TestSqliteSummaryStore(OnDisk, SummaryStoreContract): ...


class TestMemorySummaryStore(InMemory, SummaryStoreContract): ...


class TestSqliteAnswerCache(OnDisk, AnswerCacheContract): ...


class TestMemoryAnswerCache(InMemory, AnswerCacheContract): ...


class TestSqliteEstimateStore(OnDisk, EstimateStoreContract): ...


class TestMemoryEstimateStore(InMemory, EstimateStoreContract): ...
