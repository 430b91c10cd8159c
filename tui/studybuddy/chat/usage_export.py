"""The history of usage as CSV and JSON: all of it, exact to the last token and nanodollar."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from studybuddy.domain.accounts import By, Total
from studybuddy.domain.money import exact_dollars
from studybuddy.domain.text import harmless

if TYPE_CHECKING:
    from studybuddy.domain.accounts import Group, UsageRecord

RECORD_COLUMNS = (
    "id",
    "time",
    "endpoint",
    "model",
    "mode",
    "purpose",
    "conversation_id",
    "prompt_tokens",
    "cached_tokens",
    "cache_written_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "saved_prompt_tokens",
    "saved_completion_tokens",
    "reported",
    "cost_dollars",
    "billed",
    "free",
    "kept",
    "first_token_seconds",
    "duration_seconds",
    "outcome",
)
"""Of exported records, so that a column's sum is that of the totals.

`cost_dollars` is empty, or null, where the price is not known, and where nothing was `billed`: a
kept answer, or a request that failed before it was taken. What a kept answer saved has columns of
its own, and its tokens are 0: nothing was sent.
"""

TOTAL_COLUMNS = (
    "requests",
    "prompt_tokens",
    "cached_tokens",
    "cache_written_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cost_dollars",
    "unpriced_requests",
    "unbilled_requests",
    "kept_answers",
    "saved_prompt_tokens",
    "saved_completion_tokens",
)
"""Of exported sums, after their key. `cost_dollars` leaves out the unpriced requests and those
that failed before they were billed; it is empty, or null, where there are no others."""

_FORMULA = ("=", "+", "-", "@", "\t")


def records_csv(records: Iterable[UsageRecord], zone: tzinfo | None = None) -> str:
    """Records as CSV with a line of names; times are those of `zone`, `None` for the computer's."""
    return _csv(RECORD_COLUMNS, (_record(record, zone) for record in records))


def records_json(records: Iterable[UsageRecord], zone: tzinfo | None = None) -> str:
    """Records as a JSON list of objects, one a line; amounts of money are text, being exact."""
    lines = (json.dumps(_record(record, zone)) for record in records)
    return f"[\n{text}\n]\n" if (text := ",\n".join(lines)) else "[]\n"


def groups_csv(by: By, groups: Iterable[Group]) -> str:
    """Sums as CSV with a line of names; a conversation's id and title are both there."""
    return _csv((*_keys(by), *TOTAL_COLUMNS), (_group(by, group) for group in groups))


def groups_json(by: By, groups: Sequence[Group]) -> str:
    """Sums as a JSON object: `by`, `groups`, and the `total` of them all."""
    told = {
        "by": by.value,
        "groups": [_group(by, group) for group in groups],
        "total": _total(total_of(groups)),
    }
    return json.dumps(told, indent=1) + "\n"


def total_of(groups: Iterable[Group]) -> Total:
    """The sum of sums."""
    return sum((group.total for group in groups), Total())


def _keys(by: By) -> tuple[str, ...]:
    return ("conversation_id", "title") if by is By.CONVERSATION else (by.value,)


def _group(by: By, group: Group) -> dict[str, Any]:
    return dict(zip(_keys(by), (group.key, group.label), strict=False)) | _total(group.total)


def _total(total: Total) -> dict[str, Any]:
    usage, cost = total.usage, total.cost
    priced = total.requests > cost.unpriced + total.unbilled or not total.requests
    values = (
        total.requests,
        usage.prompt,
        usage.cached,
        usage.cache_written,
        usage.completion,
        usage.reasoning,
        exact_dollars(cost.nanodollars) if priced else None,
        cost.unpriced,
        total.unbilled,
        total.kept,
        total.saved.prompt,
        total.saved.completion,
    )
    return dict(zip(TOTAL_COLUMNS, values, strict=True))


def _record(record: UsageRecord, zone: tzinfo | None) -> dict[str, Any]:
    total, origin = Total.of(record), record.origin
    usage, saved = total.usage, total.saved
    priced = record.billed and record.cost is not None
    values = (
        record.id,
        datetime.fromtimestamp(record.at, zone).astimezone(zone).isoformat(timespec="milliseconds"),
        record.endpoint,
        record.model,
        origin.mode.value,
        origin.purpose.value,
        origin.conversation_id,
        usage.prompt,
        usage.cached,
        usage.cache_written,
        usage.completion,
        usage.reasoning,
        saved.prompt,
        saved.completion,
        record.reported,
        exact_dollars(total.cost.nanodollars) if priced else None,
        record.billed,
        record.free,
        record.kept,
        _seconds(record.first_token),
        _seconds(record.duration),
        record.outcome.value,
    )
    return dict(zip(RECORD_COLUMNS, values, strict=True))


def _seconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row.values()])
    return text.getvalue()


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            # A title is text: a terminal must not obey it, nor a spreadsheet compute it.
            text = harmless(value)
            return f"'{text}" if text.startswith(_FORMULA) else text
        case _:
            return value
