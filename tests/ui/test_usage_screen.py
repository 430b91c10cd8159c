"""The usage screen: sums, charts, budgets and the export."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from studybuddy.domain.accounts import (
    LATEST,
    MOST_COST,
    By,
    Group,
    Origin,
    Selection,
    Total,
    UsageRecord,
)
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.messages import Mode
from studybuddy.domain.money import NANODOLLARS, Cost
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Usage
from studybuddy.ui.exporting import export
from studybuddy.ui.screens.usage import UsageScreen
from studybuddy.ui.token_words import short
from studybuddy.ui.usage_spans import burn_of, by_days, by_hours
from studybuddy.ui.widgets.usage_chart import Bars, nice, stack_of
from studybuddy.ui.widgets.usage_table import UsageTable
from tests.support.memory_usage import MemoryUsageLog
from tests.ui.dialog_host import DialogHost

BUDGET = {Period.MONTH: Amount(nanodollars=5 * NANODOLLARS), Period.DAY: Amount(tokens=200_000)}


@pytest.fixture(autouse=True)
def _greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Days begin where those of the log in memory do."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def now() -> float:
    """A Saturday afternoon."""
    return datetime(2026, 11, 21, 15, 30).timestamp()


def record(at: float, model: str = "gpt-5", **changes: object) -> UsageRecord:
    """A request of 100 tokens in and 20 out, for a cent."""
    values: dict[str, object] = {
        "id": f"{at}-{model}",
        "at": at,
        "endpoint": "campus",
        "model": model,
        "origin": Origin("cells"),
        "usage": Usage(100, 20),
        "reported": True,
        "cost": NANODOLLARS // 100,
        **changes,
    }
    return UsageRecord(**values)  # type: ignore[arg-type]


def log_of(*records: UsageRecord) -> MemoryUsageLog:
    """A log with these records."""
    return MemoryUsageLog(rows={record.id: record for record in records})


def a_term() -> MemoryUsageLog:
    """Records of two months, of every kind, the same each time."""
    random = Random(3)
    records = []
    for number in range(240):
        at = now() - random.random() ** 1.5 * 60 * 86_400
        model = random.choice(["gpt-5", "gpt-5-mini", "qwen3-8b", "claude-x"])
        prompt = random.randrange(200, 30_000)
        cached = prompt // 2 if model == "gpt-5" else 0
        reasoning = random.randrange(900) if "gpt" in model else 0
        usage = Usage(prompt, random.randrange(900, 4000), cached, reasoning)
        cost: int | None = prompt * 1250 + usage.completion * 10_000
        if model in ("claude-x", "qwen3-8b"):
            cost = None if model == "claude-x" else 0
        origin = Origin(f"conversation {number % 17}", random.choice(list(Mode)))
        records.append(
            record(at, model, id=str(number), origin=origin, usage=usage, cost=cost,
                   free=model == "qwen3-8b", kept=number % 25 == 0)
        )  # fmt: skip
    return log_of(*records)


def screen(log: MemoryUsageLog, **more: object) -> UsageScreen:
    """The screen, on that afternoon."""
    return UsageScreen(log, now=now, **more)  # type: ignore[arg-type]


async def ready(host: DialogHost, says: str = " in ") -> None:
    """Wait until the sums are there."""
    await host.until(lambda: says in host.shown() and "Looking…" not in host.shown())


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_it_looks_like(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with DialogHost(screen(a_term(), budgets=BUDGET)).open(size) as host:
        await ready(host)
        assert host.shown() == snapshot


@pytest.mark.parametrize(
    ("key", "days"), [("1", 0.64583), ("2", 6.64583), ("3", 20.64583), ("4", 900)]
)
async def test_the_sums_are_those_of_the_records(key: str, days: float) -> None:
    log = a_term()
    meant = [r for r in log.rows.values() if r.at >= now() - days * 86_400]
    total = sum(map(Total.of, meant), Total())
    async with DialogHost(screen(log)).open((140, 60)) as host:
        await ready(host)
        await host.press(key)
        told = f"{total.usage.total:,} tokens · {total.cost} · {total.requests:,} requests"
        await host.until(lambda: told in host.shown())
        assert f"{total.usage.prompt:,} in ({total.usage.cached:,} cached)" in host.shown()
        assert f"{total.usage.completion:,} out ({total.usage.reasoning:,} reas" in host.shown()
        assert f"{total.cost.unpriced:,} of them unpriced" in host.shown()
        for _ in range(4):  # by model, mode, conversation, day
            rows = rows_of(host)
            assert sum(int(row[2].replace(",", "")) for row in rows) == total.usage.prompt
            assert sum(int(row[4].replace(",", "")) for row in rows) == total.usage.completion
            before = rows
            await host.press("b")
            await host.until(lambda before=before: rows_of(host) != before)


def rows_of(host: DialogHost) -> list[list[str]]:
    """The columns of the table's rows, all of them."""
    table = host.screen.query_one(UsageTable)
    rows = [table.row(number, 136, table.rich_style) for number in range(table.count)]
    return [[text.strip() for text, _ in row[1:]] for row in rows]


async def test_costs_are_told_as_they_are_known() -> None:
    log = log_of(
        record(now() - 60),
        record(now() - 50, "qwen3-8b", cost=0, free=True),
        record(now() - 40, "mystery", cost=None),
    )
    async with DialogHost(screen(log)).open((140, 40)) as host:
        await ready(host)
        costs = {row[0]: row[-1] for row in rows_of(host)}
        assert costs == {"gpt-5": "$0.010", "qwen3-8b": "free", "mystery": "unpriced"}
        assert "$0.010 + unpriced · 3 requests, 1 of them unpriced" in host.shown()
        assert "Cost per day, 1 unpriced" in host.shown()


async def test_kept_answers_count_in_what_they_saved_alone() -> None:
    log = log_of(record(now() - 60), record(now() - 50, "other", kept=True, usage=Usage(70, 7)))
    async with DialogHost(screen(log)).open() as host:
        await ready(host)
        assert "120 tokens · $0.010 · 1 request\n" in host.shown()
        assert "1 kept answer saved 77 tokens." in host.shown()


async def test_nothing_used_has_a_helpful_sentence() -> None:
    async with DialogHost(screen(log_of())).open() as host:
        await host.until(lambda: "Nothing is used yet. Ask something" in host.shown())
        await host.press("1", "b", "c", "down", "enter")
        assert "Nothing is used yet" in host.shown()
    async with DialogHost(screen(log_of(record(now() - 90 * 86_400)))).open() as host:
        await host.until(lambda: "No requests in this time. Press 4" in host.shown())
        await host.press("4")
        await ready(host)


async def test_a_budget_is_drawn_as_it_is_used_up_and_told() -> None:
    cents = [record(now() - 86_400 * day, id=str(day), cost=NANODOLLARS) for day in range(4)]
    async with DialogHost(screen(log_of(*cents), budgets=BUDGET)).open((140, 40)) as host:
        await ready(host)
        assert "The month’s budget  $4.00 of $5.00 (80%)" in host.shown()
        await host.press("1")
        await host.until(lambda: "The day’s budget  120 of 200k tokens (0%)" in host.shown())
    async with DialogHost(screen(log_of(*cents))).open((140, 40)) as host:
        await ready(host)
        assert "budget" not in host.shown()


async def test_charts_take_turns_where_there_is_no_room_for_all() -> None:
    async with DialogHost(screen(log_of(record(now())), budgets=BUDGET)).open() as host:
        await ready(host)
        for title in ("Tokens per day", "Cost per day", "The month’s budget", "Tokens per day"):
            assert title in host.shown()
            await host.press("c")


async def test_where_all_is_free_no_cost_is_drawn() -> None:
    log = log_of(record(now(), cost=0, free=True))
    async with DialogHost(screen(log)).open((140, 40)) as host:
        await ready(host)
        assert "Tokens per day" in host.shown()
        assert "Cost per day" not in host.shown()


async def test_an_amount_of_money_is_never_cut() -> None:
    log = log_of(
        record(now(), cost=12_500_000 * NANODOLLARS), record(now(), id="unpriced", cost=None)
    )
    async with DialogHost(screen(log)).open((80, 24)) as host:
        await ready(host)
        assert "$12,500,000.00 + unpriced" in host.screen.query_one(UsageTable).render_line(1).text


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark"])
async def test_axes_are_seen_in_themes_of_every_kind(theme: str) -> None:
    async with DialogHost(screen(log_of(record(now())))).open() as host:
        host.theme = theme
        await ready(host)
        await host.press("3")
        await host.until(lambda: "└" in host.shown())
        strips = host.screen._compositor.render_strips(host.screen.size)
        axis = next(s.style for strip in strips for s in strip if "└" in s.text)
        assert axis is not None
        assert axis.color != axis.bgcolor or axis.color is None or axis.color.is_default


async def test_without_colours_in_and_out_have_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    log = log_of(record(now(), usage=Usage(100, 100)))
    async with DialogHost(screen(log)).open() as host:
        await ready(host)
        assert "■ in  ▒ out" in host.shown()
        drawn = [line for line in host.shown().split("\n") if "│" in line or "┤" in line]
        assert any("█" in line for line in drawn)
        assert any("▒" in line for line in drawn)


async def test_a_small_terminal_shows_the_table() -> None:
    async with DialogHost(screen(a_term())).open((60, 12)) as host:
        await ready(host, "tokens")
        assert "▸ gpt-5" in host.shown()
        assert "$1.45" in host.shown()
        assert "Tokens per day" not in host.shown()


async def test_it_reads_anew_whenever_it_is_shown() -> None:
    log = log_of(record(now() - 60))
    async with DialogHost(screen(log)).open() as host:
        await ready(host, "120 tokens")
        await host.push_screen(screen(log_of()))
        await log.add(record(now() - 50))
        await host.press("escape")
        await host.until(lambda: "240 tokens" in host.shown())


async def test_records_of_a_wrong_clock_and_of_huge_numbers_are_shown() -> None:
    huge = Usage(10**18, 10**18, 10**18, 10**18)
    log = log_of(record(0), record(now()), record(LATEST, usage=huge, cost=MOST_COST))
    async with DialogHost(screen(log, budgets=BUDGET)).open((140, 40)) as host:
        await ready(host)
        total = f"{2 * 10**18 + 240:,} tokens"
        for key in "4123":
            await host.press(key)
            await host.until(lambda: "1,000,000,000,000,000" in host.shown())
            if key == "4":
                assert total in host.shown()


async def test_a_disk_that_fails_is_told() -> None:
    log = log_of(record(now()))
    log.failing = Problem(ProblemKind.STORAGE, "The disk is full.", "Make room.")
    async with DialogHost(screen(log)).open() as host:
        await host.until(lambda: "The disk is full. Make room." in host.shown())


# Export


async def export_to(host: DialogHost, path: Path) -> None:
    """Press the keys of an export."""
    await host.press("x")
    await host.press("ctrl+u")
    host.screen.query_one("PathInput").insert_text_at_cursor(str(path))  # type: ignore[attr-defined]
    await host.press("enter")


async def test_the_records_of_the_time_are_written_as_csv_and_json(tmp_path: Path) -> None:
    log = a_term()
    async with DialogHost(screen(log)).open((200, 40)) as host:
        await ready(host)
        await host.press("1")
        meant = [r for r in log.rows.values() if r.at >= datetime(2026, 11, 21).timestamp()]
        for name in ("a.csv", "a.JSON"):
            path = tmp_path / name
            await export_to(host, path)
            await host.until(
                lambda path=path: f"Wrote {len(meant)} records to {path}" in host.shown()
            )
    prompts = sorted(r.usage.prompt for r in meant)
    assert written(tmp_path) == {"a.csv": prompts, "a.JSON": prompts}


def written(folder: Path) -> dict[str, list[int]]:
    """The prompt tokens in each file of a folder."""
    found: dict[str, list[int]] = {}
    for path in folder.iterdir():
        text = path.read_text()
        rows = csv.DictReader(text.splitlines()) if path.suffix == ".csv" else json.loads(text)
        found[path.name] = sorted(int(row["prompt_tokens"]) for row in rows)
    return found


async def test_a_file_that_is_there_is_replaced_only_when_asked_twice(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("precious")
    async with DialogHost(screen(log_of(record(now())))).open((200, 24)) as host:
        await ready(host)
        await export_to(host, path)
        await host.until(lambda: "There is such a file" in host.shown())
        assert path.read_text() == "precious"
        await host.press("escape")
        await export_to(host, path)
        await host.until(lambda: "There is such a file" in host.shown())
        assert path.read_text() == "precious"
        await host.press("enter")
        await host.until(lambda: "Wrote 1 record to" in host.shown())
        assert "gpt-5" in path.read_text()


@pytest.mark.parametrize(
    ("name", "told"),
    [("a.txt", "must end in .csv or .json"), ("nowhere/a.csv", "can't be written")],
)
async def test_where_nothing_can_be_written_it_says_so(
    name: str, told: str, tmp_path: Path
) -> None:
    async with DialogHost(screen(log_of(record(now())))).open((200, 24)) as host:
        await ready(host)
        await export_to(host, tmp_path / name)
        await host.until(lambda: told in host.shown())
        await host.press("escape")
        assert told not in host.shown()
        await host.press("escape")
        assert host.result is None


async def test_the_first_path_is_in_the_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with DialogHost(screen(log_of(record(now())))).open() as host:
        await ready(host)
        await host.press("x")
        assert "~/studybuddy-usage-2026-11-21.csv" in host.shown()
        await host.press("escape")
        (tmp_path / "Documents").mkdir()
        await host.press("x")
        assert "~/Documents/studybuddy-usage-2026-11-21.csv" in host.shown()
        await host.press("enter")
        await host.until(lambda: "Wrote 1 record" in host.shown())
        assert (tmp_path / "Documents" / "studybuddy-usage-2026-11-21.csv").is_file()


# What is drawn

totals = st.builds(
    lambda prompt, out, cost: Total(1, Usage(prompt, out), Cost(cost, free=False)),
    st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**12),
)  # fmt: skip


@given(st.dictionaries(st.dates(date(1970, 1, 1)), totals, max_size=30))
def test_days_months_and_years_have_the_sums_of_their_days(days: dict[date, Total]) -> None:
    groups = [Group(day.isoformat(), "", total) for day, total in sorted(days.items())]
    steps = by_days(groups, None, date(2026, 11, 21)).steps
    assert sum((s.total for s in steps), Total()) == sum(days.values(), Total())
    assert 1 <= len(steps) <= 57
    assert len({step.label for step in steps}) == len(steps)


def test_hours_have_the_sums_of_their_records() -> None:
    today = [r for r in a_term().rows.values() if r.at >= datetime(2026, 11, 21).timestamp()]
    steps = by_hours(today).steps
    assert len(steps) == 24
    assert sum((s.total for s in steps), Total()) == sum(map(Total.of, today), Total())


def test_a_budget_burns_from_the_first_day_to_today_over_the_whole_month() -> None:
    groups = [Group(f"2026-11-{n:02}", "", Total(1, Usage(n, n))) for n in (1, 2, 21)]
    steps = by_days(groups, date(2026, 11, 1), date(2026, 11, 21))
    burn = burn_of(Period.MONTH, Amount(tokens=100), steps, datetime(2026, 11, 21, 12))
    assert (burn.spent[0], burn.spent[1], burn.spent[19], burn.spent[20]) == (2, 6, 6, 48)
    assert burn.steps == 30
    assert burn.share == 0.48


def test_a_long_time_is_drawn_by_months_and_a_longer_one_by_years() -> None:
    last = date(2026, 11, 21)
    for days, per, bars in (
        (31, "day", 31),
        (32, "month", 2),
        (700, "month", 24),
        (3000, "year", 9),
    ):
        first = last - timedelta(days=days - 1)
        steps = by_days([Group(first.isoformat(), "", Total())], None, last)
        assert (steps.per, len(steps.steps)) == (per, bars)


def test_bars_for_which_there_is_no_room_are_added_up() -> None:
    bars = Bars(["1", "2", "3"], [1, 2, 3], [0, 5, 0]).folded(2)
    assert bars == Bars(["1", "3"], [3, 3], [5, 0])


@given(st.floats(0, 40), st.floats(0, 40), st.booleans())
def test_a_bar_is_as_high_as_what_it_shows(low: float, high: float, plain: bool) -> None:
    cells = stack_of(low, high, plain=plain)
    if low + high == 0:
        assert cells == []
    else:
        assert abs(len(cells) - (low + high)) <= 1.1
    if len(cells) > 1:
        colours = {colour for _, colour in cells}
        assert ("warning" in colours) == (high > 0)
        assert ("primary" in colours) == (low > 0)


@given(st.floats(0, 1e15))
def test_an_axis_ends_above_what_it_shows(number: float) -> None:
    assert number <= nice(number) <= max(1, 2.01 * number)


def test_numbers_at_an_axis_are_short() -> None:
    told = [short(n) for n in (0, 950, 1000, 1200, 12_000, 150_000, 3_400_000, 2e9)]
    assert told == ["0", "950", "1k", "1.2k", "12k", "150k", "3.4M", "2G"]


@pytest.mark.parametrize("typed", ["", "  ", "\n"])
def test_a_blank_name_for_an_export_is_told(typed: str) -> None:
    with pytest.raises(StudyBuddyError, match="Type the name of a file"):
        export(typed, (), False)


async def test_what_could_not_be_read_is_not_told_any_more_once_it_was() -> None:
    log = a_term()
    async with DialogHost(screen(log)).open() as host:
        await ready(host)
        log.failing = Problem(ProblemKind.STORAGE, "The disk is asleep.")
        await host.press("1")
        await host.until(lambda: "The disk is asleep." in host.shown())
        log.failing = None
        await host.press("2")
        await host.until(lambda: "The disk is asleep." not in host.shown())


async def test_nothing_is_read_twice_for_one_look() -> None:
    log = a_term()
    asked: list[object] = []
    groups = log.groups

    async def counted(by: By, selection: Selection) -> Sequence[Group]:
        asked.append((by, selection))
        return await groups(by, selection)

    log.groups = counted  # type: ignore[method-assign]
    async with DialogHost(screen(log, budgets=BUDGET)).open((140, 40)) as host:
        await ready(host)
        assert len(asked) == len(set(asked)) == 2
