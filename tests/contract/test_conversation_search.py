"""The contract of the search, on each one there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.searching import ConversationSearch
from studybuddy.storage.search import SqliteSearch
from tests.contract.conversation_search import ConversationSearchContract
from tests.support.memory_search import MemorySearch
from tests.support.memory_store import MemoryConversationStore
from tests.support.store_process import open_store


@dataclass
class Room:
    store: ConversationStore
    search: ConversationSearch


class TestSqliteSearch(ConversationSearchContract):
    @pytest.fixture
    async def room(self, tmp_path: Path) -> AsyncIterator[Room]:
        store, instance = open_store(tmp_path)
        yield Room(store, SqliteSearch(store.database))
        await store.close()
        instance.release()


class TestMemorySearch(ConversationSearchContract):
    @pytest.fixture
    def room(self) -> Room:
        store = MemoryConversationStore()
        return Room(store, MemorySearch(store))
