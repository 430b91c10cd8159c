"""From when on, as a person writes it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo

FORMS = "today, week, month, all, a number of days such as 7d, or a date such as 2026-11-01"

_EPOCH = 1970
_DAYS = re.compile(r"(\d{1,5})\s*(d|w)", re.IGNORECASE)
_MONTH = re.compile(r"\d{4}-\d{2}")


def since(text: str, now: float, zone: tzinfo | None = None) -> float | None:
    """The Unix time that is meant; `None` for "all", and for what is before all records.

    Days are those of the calendar in `zone`, `None` for the computer's: "7d" is today and the six
    days before. Weeks begin on Monday.

    Raises:
        ValueError: where it is none of `FORMS`, with a sentence that says so.
    """
    wanted = text.strip().lower()
    if wanted == "all":
        return None
    begin = _day(wanted, datetime.fromtimestamp(now, zone).date())
    if begin is None:
        raise ValueError(f"“{text}” is no time to count from; give {FORMS}.")
    if begin.year <= _EPOCH:  # not every computer can tell the Unix time of such a day
        return None
    return datetime(begin.year, begin.month, begin.day, tzinfo=zone).timestamp()


def _day(wanted: str, today: date) -> date | None:
    match wanted:
        case "today":
            return today
        case "week":
            return today - timedelta(days=today.weekday())
        case "month":
            return today.replace(day=1)
    if found := _DAYS.fullmatch(wanted):
        days = int(found[1]) * (7 if found[2] == "w" else 1)
        return today - timedelta(days=min(max(days - 1, 0), today.toordinal() - 1))
    if _MONTH.fullmatch(wanted):
        wanted += "-01"
    try:
        return date.fromisoformat(wanted)
    except ValueError:
        return None
