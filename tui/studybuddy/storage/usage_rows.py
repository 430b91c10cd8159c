"""Records of usage as rows, and sums over them; for any connection to the database."""

from __future__ import annotations

import sqlite3
from datetime import datetime, tzinfo
from typing import Any

from studybuddy.domain.accounts import (
    By,
    Group,
    Origin,
    Outcome,
    Purpose,
    Selection,
    Total,
    UsageRecord,
)
from studybuddy.domain.messages import Mode
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Usage
from studybuddy.storage.rows import usage_row
from studybuddy.storage.text import clean

DELETED = "(deleted)"
"""In the place of the title of a conversation that is gone."""
NO_CONVERSATION = "(no conversation)"
"""Of requests that belonged to none, such as the command line's."""
UNTITLED = "(untitled)"

COLUMNS = (
    "id",
    "at",
    "endpoint",
    "model",
    "mode",
    "conversation_id",
    "purpose",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cache_written_tokens",
    "reported",
    "cost",
    "free",
    "kept",
    "first_token",
    "duration",
    "outcome",
)

_QUARTER = 900
"""Seconds. Every time zone's days begin at a quarter of an hour, so the sums over quarters make
the sums over days of any zone."""

_UNBILLED = (
    "outcome = 'failed' AND NOT reported AND prompt_tokens + completion_tokens + cached_tokens "
    "+ reasoning_tokens + cache_written_tokens = 0"
)
"""As `UsageRecord.billed` has it, of records that are not kept answers."""

_SUMS = (
    f"kept, {_UNBILLED} AS unbilled, count(*), sum(prompt_tokens), sum(completion_tokens), "
    "sum(cached_tokens), sum(reasoning_tokens), sum(cache_written_tokens), "
    # In halves: amounts may be as large as an integer can be, and sums must not overflow.
    "sum(cost >> 32), sum(cost & 0xFFFFFFFF), "
    "count(*) - count(cost), sum(cost IS NULL OR NOT free)"
)

_KEYS = {
    By.DAY: f"CAST(at AS INTEGER) / {_QUARTER}",
    By.MODEL: "model",
    By.MODE: "mode",
    By.CONVERSATION: "conversation_id",
}

# What a later version may have written is read as the most usual.
_MODES = {mode.value: mode for mode in Mode}
_PURPOSES = {purpose.value: purpose for purpose in Purpose}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def row(record: UsageRecord) -> tuple[Any, ...]:
    """The values of `COLUMNS`; numbers that no request has are brought into their bounds."""
    record = record.bounded()
    return (
        record.id,
        record.at,
        clean(record.endpoint),
        clean(record.model),
        record.origin.mode.value,
        record.origin.conversation_id,
        record.origin.purpose.value,
        *usage_row(record.usage),
        record.reported,
        record.cost,
        record.free,
        record.kept,
        record.first_token,
        record.duration,
        record.outcome.value,
    )


def total(connection: sqlite3.Connection, selection: Selection) -> Total:
    """The sum over the records that are meant."""
    where, values = _where(selection)
    found = connection.execute(
        f"SELECT {_SUMS} FROM usage_records {where} GROUP BY kept, unbilled", values
    )
    return sum((_total(sums) for sums in found), Total())


def groups(
    connection: sqlite3.Connection, by: By, selection: Selection, zone: tzinfo | None = None
) -> list[Group]:
    """Sums by a key: days in their order, all else with the most tokens first.

    Days are those of `zone`, `None` for the computer's own.
    """
    where, values = _where(selection)
    found = connection.execute(
        f"SELECT {_KEYS[by]} AS key, {_SUMS} FROM usage_records {where} "
        "GROUP BY key, kept, unbilled",
        values,
    ).fetchall()
    totals: dict[str, Total] = {}
    for key, *sums in found:
        name = _day(key, zone) if by is By.DAY else key
        totals[name] = totals.get(name, Total()) + _total(sums)
    if by is By.DAY:
        return [Group(day, day, totals[day]) for day in sorted(totals)]
    labels = _titles(connection, totals) if by is By.CONVERSATION else {}
    return sorted(
        (Group(key, labels.get(key, key), each) for key, each in totals.items()),
        key=lambda group: (-group.total.usage.total, -group.total.saved.total, group.key),
    )


def records(connection: sqlite3.Connection, selection: Selection) -> list[UsageRecord]:
    """The records themselves, oldest first."""
    where, values = _where(selection)
    found = connection.execute(
        f"SELECT {', '.join(COLUMNS)} FROM usage_records {where} ORDER BY at, rowid", values
    )
    return [_record(row) for row in found]


def _where(selection: Selection) -> tuple[str, tuple[float | str, ...]]:
    asked = (
        ("at >= ?", selection.since),
        ("at < ?", selection.until),
        ("conversation_id = ?", selection.conversation_id or None),
    )
    wanted = [(test, value) for test, value in asked if value is not None]
    tests, values = [test for test, _ in wanted], tuple(value for _, value in wanted)
    if selection.without:
        tests.append(f"id NOT IN ({','.join('?' * len(selection.without))})")
        values += tuple(selection.without)
    return f"WHERE {' AND '.join(tests)}" if tests else "", values


def _total(sums: list[Any] | tuple[Any, ...]) -> Total:
    kept, unbilled, count, *tokens, high, low, unpriced, paid = sums
    prompt, completion, cached, reasoning, written = tokens
    usage = Usage(prompt, completion, cached, reasoning, written)
    if kept:
        return Total(kept=count, saved=usage)
    if unbilled:
        return Total(count, unbilled=count)
    cost = Cost(((high or 0) << 32) + (low or 0), unpriced, free=not paid)
    return Total(count, usage, cost)


def _day(quarter: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(quarter * _QUARTER, zone).date().isoformat()


def _titles(connection: sqlite3.Connection, ids: dict[str, Total]) -> dict[str, str]:
    found = connection.execute(
        "SELECT id, title FROM conversations "
        "WHERE id IN (SELECT conversation_id FROM usage_records)"
    )
    titles = {identity: title or UNTITLED for identity, title in found}
    return {key: titles.get(key, DELETED if key else NO_CONVERSATION) for key in ids}


def _record(row: tuple[Any, ...]) -> UsageRecord:
    identity, at, endpoint, model, mode, conversation_id, purpose, *rest = row
    prompt, completion, cached, reasoning, written, reported, cost, free, kept, *times = rest
    first_token, duration, outcome = times
    return UsageRecord(
        identity,
        at,
        endpoint,
        model,
        Origin(
            conversation_id,
            _MODES.get(mode, Mode.COMPLETION),
            _PURPOSES.get(purpose, Purpose.ANSWER),
        ),
        Usage(prompt, completion, cached, reasoning, written),
        reported == 1,
        cost,
        free == 1,
        kept == 1,
        first_token,
        duration,
        _OUTCOMES.get(outcome, Outcome.COMPLETE),
    )
