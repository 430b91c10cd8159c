"""Sums over the history of usage, kept in memory for as long as they are fresh."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from studybuddy.domain.accounts import Selection, Total, UsageLog, UsageRecord
from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.domain.limits import Period, Spent

_log = logging.getLogger(__name__)

FRESH = 2.0
"""Seconds for which a sum that was read is used again: other windows add to them too."""


@dataclass(slots=True)
class _Known:
    total: Total
    read_at: float
    """On `clock`."""


class Sums:
    """Reads sums and adds to them what is recorded here."""

    def __init__(
        self,
        log: UsageLog,
        now: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the history, Unix time, and a clock for ages; both in seconds."""
        self._log = log
        self._now = now
        self._clock = clock
        self._known: dict[Selection, _Known] = {}
        self._refused: dict[str, UsageRecord] = {}
        self._underway: set[str] = set()
        """Ids of requests of this window that are on disk as far as they are by now."""

    @property
    def unwritten(self) -> int:
        """Records that the disk has refused so far."""
        return len(self._refused)

    def calendar(self) -> tuple[Selection, Selection]:
        """The local day and the local month.

        With their ends: what a wrong clock has recorded for later counts then, and not until then.
        """
        # By the wall and not by adding hours: a day may have 23 or 25 of them.
        today = datetime.fromtimestamp(self._now()).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        first = today.replace(day=1)
        tomorrow = today + timedelta(days=1)
        next_month = (first + timedelta(days=32)).replace(day=1)
        return (
            Selection(today.timestamp(), tomorrow.timestamp()),
            Selection(first.timestamp(), next_month.timestamp()),
        )

    async def spent(self, conversation_id: str) -> Mapping[Period, Spent]:
        """What was used of each budget but the one for a request.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        from studybuddy.domain.limits import Period, Spent  # not before the first frame

        day, month = self.calendar()
        selections = {Period.DAY: day, Period.MONTH: month}
        if conversation_id:
            selections[Period.CONVERSATION] = Selection(conversation_id=conversation_id)
        totals = {period: await self.total(selection) for period, selection in selections.items()}
        spent = {period: Spent.of(total.usage, total.cost) for period, total in totals.items()}
        return {Period.CONVERSATION: Spent(), **spent}

    def known(self, selection: Selection) -> Total | None:
        """A sum as it was read last, with what was recorded here since."""
        known = self._known.get(selection)
        return None if known is None else known.total

    async def total(self, selection: Selection) -> Total:
        """A sum that is at most `FRESH` seconds old, without what is under way in this window.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        known = self._known.get(selection)
        if known is not None and self._clock() - known.read_at < FRESH:
            return known.total
        asked_at = self._clock()
        refused = dict(self._refused)  # some may be written while the disk is asked
        unsure = self._underway.union(refused)
        read = await self._log.total(replace(selection, without=frozenset(unsure)))
        for record in refused.values():
            if _meant(record, selection):
                read += Total.of(record)
        if selection.since is not None:  # yesterday's is not asked for any more
            begun = self.calendar()[1].since or 0.0
            self._known = {
                other: known
                for other, known in self._known.items()
                if other.since is None or other.since >= begun
            }
        self._known[selection] = _Known(read, asked_at)
        return read

    async def note(self, record: UsageRecord) -> None:
        """Write how far a request is, for those who find it if this process is gone.

        It counts here from `write` on: until then this window holds more of it than the disk.
        """
        self._underway.add(record.id)
        try:
            await self._log.add(record)
        except StudyBuddyError as error:
            _log.debug("a request under way could not be noted: %s", error.problem.kind)

    def leave_out(self, record_id: str) -> None:
        """Count no record of this id until it is written: what it is of goes on again."""
        if record_id not in self._underway:
            self._underway.add(record_id)
            for known in self._known.values():
                known.read_at = -math.inf

    async def write(self, record: UsageRecord, *, anew: bool) -> None:
        """Write a record, then those that the disk refused before; add it to what is known.

        Args:
            record: the record.
            anew: whether one of this id may have been written before: what is known is read
                anew then, for what was replaced can't be taken off.
        """
        self._underway.discard(record.id)  # sums that are asked for from here on have it
        try:
            await self._log.add(record)
        except StudyBuddyError as error:
            _log.warning("a record of usage could not be written: %s", error.problem.kind)
            self._refused[record.id] = record
        # Only now, and at once: a sum that is being read meanwhile was asked of the disk either
        # before this record, and is known by now, or after it, and takes the place of what is.
        for selection, known in self._known.items():
            if _meant(record, selection):
                if anew:
                    known.read_at = -math.inf
                else:
                    known.total += Total.of(record)
        if record.id not in self._refused:
            await self.write_the_rest()

    async def write_the_rest(self) -> None:
        """Try again what the disk has refused so far, until it refuses once more."""
        for record in list(self._refused.values()):
            try:
                await self._log.add(record)
            except StudyBuddyError as error:
                _log.warning("a record of usage is still not written: %s", error.problem.kind)
                if self._refused.pop(record.id, None) is not None:
                    self._refused[record.id] = record  # the last to be tried next time
                return
            self._refused.pop(record.id, None)


def _meant(record: UsageRecord, selection: Selection) -> bool:
    since, until = selection.since, selection.until
    return (
        (since is None or record.at >= since)
        and (until is None or record.at < until)
        and selection.conversation_id in ("", record.origin.conversation_id)
    )
