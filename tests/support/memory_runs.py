"""The runs that are followed, kept in memory beside the conversations of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.assistant_ports import FollowedRun
from studybuddy.domain.messages import MessageState

if TYPE_CHECKING:
    from tests.support.memory_store import MemoryConversationStore, MemoryData


class MemoryRunStore:
    """`domain.assistant_ports.RunStore` on the data of a `MemoryConversationStore`."""

    def __init__(self, store: MemoryConversationStore) -> None:
        self._store = store

    @property
    def _data(self) -> MemoryData:
        return self._store.data

    async def follow(self, run: FollowedRun) -> None:
        self._store.check()
        if self._data.messages.get(run.answer_id, ("",))[0] == run.conversation_id:
            self._data.runs[run.run_id] = self._store.instance, run

    async def run_over(self, run_id: str) -> None:
        self._store.check()
        self._data.runs.pop(run_id, None)

    async def save_action_draft(self, run_id: str, draft: str) -> None:
        self._store.check()
        if run_id in self._data.runs:
            owner, run = self._data.runs[run_id]
            self._data.runs[run_id] = owner, replace(run, action_draft=draft)

    async def claim_runs(self) -> Sequence[FollowedRun]:
        self._store.check()
        claimed = []
        for run_id, (owner, run) in list(self._data.runs.items()):
            if owner in self._data.running:
                continue
            place, answer = self._data.messages[run.answer_id]
            if answer.state not in (MessageState.STREAMING, MessageState.INTERRUPTED):
                del self._data.runs[run_id]
                continue
            self._data.runs[run_id] = self._store.instance, run
            self._data.owners[answer.id] = self._store.instance
            self._data.messages[answer.id] = place, replace(answer, state=MessageState.STREAMING)
            claimed.append(run)
        return claimed
