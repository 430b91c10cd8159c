"""Records of usage, summaries and kept answers in memory: for tests of what is built on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from studybuddy.domain.accounts import By, Group, Selection, Total, UsageRecord
from studybuddy.domain.counting import Correction
from studybuddy.domain.kept_texts import KeptAnswer, Summary
from studybuddy.domain.problems import Problem, StudyBuddyError
from tests.support.memory_store import MemoryData


class MemoryUsageLog:
    """`domain.accounts.UsageLog` without a disk.

    `failing` is raised by every call while it is set; `reads` counts the sums asked for. Several
    logs over one list of rows are what several windows have.
    """

    def __init__(
        self,
        data: MemoryData | None = None,
        zone: tzinfo = UTC,
        rows: dict[str, UsageRecord] | None = None,
    ) -> None:
        self.rows: dict[str, UsageRecord] = {} if rows is None else rows
        self.failing: Problem | None = None
        self.reads = 0
        self._data = data or MemoryData()
        self._zone = zone

    async def add(self, record: UsageRecord) -> None:
        self._check()
        self.rows[record.id] = record.bounded()

    async def total(self, selection: Selection) -> Total:
        self.reads += 1
        return sum((Total.of(record) for record in self._meant(selection)), Total())

    async def groups(self, by: By, selection: Selection) -> Sequence[Group]:
        self.reads += 1
        totals: dict[str, Total] = {}
        for record in self._meant(selection):
            key = self._key(by, record)
            totals[key] = totals.get(key, Total()) + Total.of(record)
        groups = [Group(key, self._label(by, key), total) for key, total in totals.items()]
        if by is By.DAY:
            return sorted(groups, key=lambda group: group.key)
        return sorted(groups, key=lambda g: (-g.total.usage.total, -g.total.saved.total, g.key))

    async def records(self, selection: Selection) -> Sequence[UsageRecord]:
        return self._meant(selection)

    def _check(self) -> None:
        if self.failing is not None:
            raise StudyBuddyError(self.failing)

    def _meant(self, selection: Selection) -> list[UsageRecord]:
        self._check()
        since, until = selection.since, selection.until
        meant = [
            record
            for record in self.rows.values()
            if (since is None or record.at >= since)
            and (until is None or record.at < until)
            and selection.conversation_id in ("", record.origin.conversation_id)
            and record.id not in selection.without
        ]
        return sorted(meant, key=lambda record: record.at)

    def _key(self, by: By, record: UsageRecord) -> str:
        match by:
            case By.DAY:
                return datetime.fromtimestamp(record.at, self._zone).date().isoformat()
            case By.MODEL:
                return record.model
            case By.MODE:
                return record.origin.mode.value
            case By.CONVERSATION:
                return record.origin.conversation_id

    def _label(self, by: By, key: str) -> str:
        if by is not By.CONVERSATION:
            return key
        if not key:
            return "(no conversation)"
        head = self._data.conversations.get(key)
        return "(deleted)" if head is None else head.title or "(untitled)"


class MemorySummaryStore:
    """`domain.ports.SummaryStore` without a disk."""

    def __init__(self, data: MemoryData) -> None:
        self.kept: list[Summary] = []
        self._data = data

    async def summaries(self, conversation_id: str) -> Sequence[Summary]:
        if conversation_id not in self._data.conversations:
            return []
        found = [s for s in reversed(self.kept) if s.conversation_id == conversation_id]
        return sorted(found, key=lambda summary: -summary.created_at)

    async def keep_summary(self, summary: Summary) -> None:
        if summary.conversation_id in self._data.conversations:
            same = (summary.conversation_id, summary.covers_id)
            self.kept = [s for s in self.kept if (s.conversation_id, s.covers_id) != same]
            self.kept.append(summary)


class MemoryAnswerCache:
    """`domain.ports.AnswerCache` without a disk."""

    def __init__(self) -> None:
        self.answers: dict[str, KeptAnswer] = {}
        self.failing: Problem | None = None

    async def find_answer(self, key: str, not_before: float) -> KeptAnswer | None:
        self._check()
        found = self.answers.get(key)
        return found if found is not None and found.created_at >= not_before else None

    async def keep_answer(self, answer: KeptAnswer) -> None:
        self._check()
        self.answers[answer.key] = replace(answer, usage=answer.usage.bounded())

    async def clear_answers(self, before: float | None = None) -> int:
        self._check()
        gone = [k for k, a in self.answers.items() if before is None or a.created_at < before]
        for key in gone:
            del self.answers[key]
        return len(gone)

    def _check(self) -> None:
        if self.failing is not None:
            raise StudyBuddyError(self.failing)


class MemoryEstimateStore:
    """`domain.counting.EstimateStore` without a disk."""

    def __init__(self) -> None:
        self.known: dict[str, Correction] = {}
        self.failing: Problem | None = None

    async def estimates(self) -> Mapping[str, Correction]:
        self._check()
        return dict(self.known)

    async def keep_estimate(self, model: str, correction: Correction) -> None:
        self._check()
        self.known[model] = correction

    def _check(self) -> None:
        if self.failing is not None:
            raise StudyBuddyError(self.failing)
