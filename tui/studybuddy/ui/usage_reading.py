"""What the usage screen shows, read from the records, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from studybuddy.domain.accounts import By, Group, UsageLog
from studybuddy.domain.limits import Amount, Period
from studybuddy.ui.usage_spans import (
    Burn,
    Span,
    Steps,
    burn_of,
    by_days,
    by_hours,
    first_day,
    since,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read for the screen, all at one moment."""

    groups: Sequence[Group]
    steps: Steps
    burn: Burn | None
    first: date | None
    """The first day that is meant; `None` for all."""
    last: date


class UsageReading:
    """Reads the records.

    Raises:
        StudyBuddyError: (any method) where the disk fails.
    """

    def __init__(
        self, log: UsageLog, budgets: Mapping[Period, Amount], now: Callable[[], float]
    ) -> None:
        self._log = log
        self._budgets = budgets
        self._now = now

    async def read(self, span: Span, by: By) -> Seen:
        """Read what is shown of a span, grouped so."""
        now = datetime.fromtimestamp(self._now())
        first = first_day(span, now.date())
        hours = span is Span.TODAY
        steps = await self._steps(first, now.date(), hours=hours)
        groups = await self._log.groups(by, since(first))
        return Seen(
            groups, steps, await self._burn(now, first, steps, hours=hours), first, now.date()
        )

    async def _steps(self, first: date | None, today: date, *, hours: bool) -> Steps:
        """Read what was used since a day, by the hours of today or by days."""
        if hours:
            return by_hours(await self._log.records(since(first)))
        return by_days(await self._log.groups(By.DAY, since(first)), first, today)

    async def _burn(
        self, now: datetime, first: date | None, steps: Steps, *, hours: bool
    ) -> Burn | None:
        """How a budget is used up: today's for today, else the month's; the one there is.

        `steps` are those since `first`, by hours or days, and read already.
        """
        order = [Period.MONTH, Period.DAY]
        if hours:
            order.reverse()
        period = next((period for period in order if period in self._budgets), None)
        if period is None:
            return None
        by_hour = period is Period.DAY
        begin = now.date() if by_hour else now.date().replace(day=1)
        if (begin, by_hour) != (first, hours):
            steps = await self._steps(begin, now.date(), hours=by_hour)
        return burn_of(period, self._budgets[period], steps, now)
