"""Stretches of time for the history of usage, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from studybuddy.domain.accounts import Group, Selection, Total, UsageRecord
from studybuddy.domain.limits import Amount, Period

_MOST_DAYS = 31
"""More are drawn as months."""
_MOST_MONTHS = 24
"""More are drawn as years."""


class Span(IntEnum):
    """How far back to look; the number is its key."""

    TODAY = 1
    WEEK = 2
    MONTH = 3
    ALL = 4


SPAN_NAMES = {
    Span.TODAY: "Today",
    Span.WEEK: "Week",
    Span.MONTH: "Month",
    Span.ALL: "All",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: an hour, a day, a month or a year."""

    label: str
    total: Total


@dataclass(frozen=True, slots=True)
class Steps:
    """The bars of a chart, in their order."""

    per: str
    """What each stands for: "hour", "day", "month" or "year"."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Burn:
    """How a budget is used up over its time."""

    period: Period
    amount: Amount
    spent: tuple[float, ...]
    """So far, after each hour or day that has begun: nanodollars or tokens."""
    steps: int
    """Hours of the day or days of the month."""

    @property
    def budget(self) -> float:
        """The amount, in the unit of `spent`."""
        return float(self.amount.nanodollars or self.amount.tokens or 0)

    @property
    def share(self) -> float:
        """How much of it is used: 1.0 for all."""
        return self.spent[-1] / self.budget if self.budget and self.spent else 0.0


def first_day(span: Span, today: date) -> date | None:
    """The first day of a span; a week has seven days, a month is the calendar's."""
    match span:
        case Span.TODAY:
            return today
        case Span.WEEK:
            return today - timedelta(days=6)
        case Span.MONTH:
            return today.replace(day=1)
        case Span.ALL:
            return None


def since(day: date | None) -> Selection:
    """What began on a day of the local calendar or later; everything for `None`."""
    return Selection(None if day is None else datetime.combine(day, time()).timestamp())


def by_hours(records: Iterable[UsageRecord]) -> Steps:
    """The records of one day by the hour of the local clock."""
    totals = [Total()] * 24
    for record in records:
        hour = datetime.fromtimestamp(record.at).hour
        totals[hour] += Total.of(record)
    return Steps("hour", tuple(Step(f"{hour}h", total) for hour, total in enumerate(totals)))


def by_days(groups: Sequence[Group], first: date | None, last: date) -> Steps:
    """Sums of days, those without a request too; a long time by months, or by years.

    Days after the last one, which a wrong clock wrote, count as the last.
    """
    totals: dict[date, Total] = {}
    for group in groups:
        day = min(date.fromisoformat(group.key), last)
        totals[day] = totals.get(day, Total()) + group.total
    begin = min(totals, default=last) if first is None else first
    days = (last - begin).days + 1
    if days <= _MOST_DAYS:
        label = _short_day if first is not None and first.day == 1 else _long_day
        steps = [begin + timedelta(days=number) for number in range(days)]
        return _folded("day", steps, totals, label)
    if days <= _MOST_MONTHS * 31:
        months = range(begin.year * 12 + begin.month - 1, last.year * 12 + last.month)
        steps = [date(month // 12, month % 12 + 1, 1) for month in months]
        return _folded("month", steps, totals, lambda day: day.strftime("%b %y"))
    steps = [date(year, 1, 1) for year in range(begin.year, last.year + 1)]
    return _folded("year", steps, totals, lambda day: str(day.year))


def _short_day(day: date) -> str:
    return str(day.day)


def _long_day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _folded(
    per: str, steps: Iterable[date], totals: dict[date, Total], label: Callable[[date], str]
) -> Steps:
    """Add up what has the same label; `steps` has a day of each, in their order."""
    sums = {label(day): Total() for day in steps}
    for day, total in totals.items():
        sums[label(day)] += total
    return Steps(per, tuple(Step(key, total) for key, total in sums.items()))


def burn_of(period: Period, amount: Amount, steps: Steps, now: datetime) -> Burn:
    """How the budget of today, by its hours, or of this month, by its days, is used up."""
    if period is Period.DAY:
        begun, all_steps = now.hour + 1, 24
    else:
        following = (now.replace(day=1) + timedelta(days=31)).replace(day=1)
        begun, all_steps = now.day, (following - timedelta(days=1)).day
    spent: list[float] = []
    sum_so_far = 0.0
    for step in steps.steps[:begun]:
        total = step.total
        money = amount.nanodollars is not None
        sum_so_far += total.cost.nanodollars if money else total.usage.total
        spent.append(sum_so_far)
    return Burn(period, amount, tuple(spent), all_steps)
