"""`studybuddy usage`: tables, CSV and JSON of what was used."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from studybuddy.commands import usage
from studybuddy.commands.since import since
from studybuddy.commands.usage_table import cells, table
from studybuddy.domain.accounts import By, Group, Origin, Outcome, Selection, Total, UsageRecord
from studybuddy.domain.money import Cost
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Usage
from tests.contract.usage_log import a_record

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0


class History:
    """Records that are given, with the groups that the test wants of them."""

    def __init__(
        self, *records: UsageRecord, groups: Sequence[Group] = (), problem: Problem | None = None
    ) -> None:
        self._records = records
        self._groups = groups
        self._problem = problem
        self.asked: list[tuple[By | None, Selection]] = []

    def groups(self, by: By, selection: Selection) -> Sequence[Group]:
        answer: Sequence[Group] = self._answer(by, selection, self._groups)
        return answer

    def records(self, selection: Selection) -> Sequence[UsageRecord]:
        answer: Sequence[UsageRecord] = self._answer(None, selection, self._records)
        return answer

    def _answer(self, by: By | None, selection: Selection, answer: Any) -> Any:
        self.asked.append((by, selection))
        if self._problem is not None:
            raise StudyBuddyError(self._problem)
        return answer


class Shown:
    """One run of the command."""

    def __init__(self, history: History, *arguments: str) -> None:
        parser = argparse.ArgumentParser()
        usage.add_arguments(parser)
        out, err = io.StringIO(), io.StringIO()
        services = usage.UsageServices(history, out, err, lambda: NOW, UTC)
        self.code = usage.run(parser.parse_args(arguments), services)
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out)))


PAID = Total(12, Usage(12_345, 2_345, 1_024, 192), Cost(123_456_789, free=False))
FREE = Total(1, Usage(10, 5), Cost(0, free=True))
UNPRICED = Total(2, Usage(100, 50), Cost(0, 2, free=False))
KEPT = Total(kept=3, saved=Usage(300, 60))


def groups(*totals: Total) -> list[Group]:
    return [Group(f"2026-11-{n:02}", f"2026-11-{n:02}", t) for n, t in enumerate(totals, 1)]


# The table


def test_a_line_for_each_day_and_one_for_all_in_columns_that_are_aligned() -> None:
    shown = Shown(History(groups=groups(PAID, FREE)))
    assert (shown.code, shown.err) == (usage.OK, "")
    assert shown.lines == [
        "Day         Requests      In  Cached    Out  Reasoning   Cost",
        "-" * 61,
        "2026-11-01        12  12,345   1,024  2,345        192  $0.12",
        "2026-11-02         1      10       0      5          0   free",
        "-" * 61,
        "Total             13  12,355   1,024  2,350        192  $0.12",
    ]


def test_what_has_no_price_is_unpriced_and_never_0_dollars() -> None:
    alone = Shown(History(groups=groups(UNPRICED)))
    assert [line.split()[-1] for line in alone.lines[2::2]] == ["unpriced", "unpriced"]
    beside = Shown(History(groups=groups(PAID, UNPRICED)))
    assert beside.lines[-1].endswith("  $0.12 + unpriced")
    assert "$0 " not in alone.out + beside.out


def test_kept_answers_have_columns_where_there_are_any() -> None:
    shown = Shown(History(groups=groups(FREE, KEPT)))
    assert shown.lines[0].endswith("Cost  Kept  Saved")
    assert shown.lines[2].split()[-3:] == ["free", "0", "0"]
    assert shown.lines[3].split()[-3:] == ["-", "3", "360"]
    assert shown.lines[-1].split()[-3:] == ["free", "3", "360"]


def test_titles_are_one_harmless_line_of_their_width() -> None:
    titles = ["Light\nand \x1b[31mwaves", "학생들의 아주 긴 대화 제목 " * 4, "", "e\u0301cole"]
    told = [Group(str(n), title, FREE) for n, title in enumerate(titles)]
    shown = Shown(History(groups=told), "--by", "conversation")
    assert "\x1b" not in shown.out
    assert "Light and ␛[31mwaves" in shown.lines[2]
    assert "…" in shown.lines[3]
    assert shown.lines[4].startswith("(none)")
    assert len({cells(line) for line in shown.lines}) == 1


def test_labels_are_cut_to_the_terminals_width_but_not_to_nothing() -> None:
    told = [Group("a", "x" * 60, PAID)]
    assert {cells(line) for line in table(By.MODEL, told, 80).splitlines()} == {80}
    assert max(map(cells, table(By.MODEL, told, 200).splitlines())) == 32 + 51
    assert ("x" * 11 + "…") in table(By.MODEL, told, 10)


def test_days_are_asked_for_where_nothing_else_is() -> None:
    history = History(groups=groups(FREE))
    Shown(history)
    Shown(history, "--by", "mode", "--since", "2026-11-01")
    begin = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    assert history.asked == [(By.DAY, Selection()), (By.MODE, Selection(begin))]


def test_nothing_used_is_said_and_no_failure() -> None:
    shown = Shown(History())
    assert (shown.code, shown.out) == (usage.OK, "Nothing has been used yet.\n")
    lately = Shown(History(), "--since", "7d")
    assert (lately.code, lately.out) == (usage.OK, "Nothing was used since 2026-11-15.\n")


# Exports

RECORD = UsageRecord(
    "r1",
    NOW + 0.25,
    "lab",
    "small",
    Origin("c1"),
    Usage(100, 20, 10, 5, 2),
    True,
    1,
    first_token=0.25,
    duration=1.5,
)


def test_every_record_is_exported_as_csv_with_exact_dollars() -> None:
    shown = Shown(History(RECORD), "--csv")
    assert shown.rows == [
        {
            "id": "r1",
            "time": "2026-11-21T12:00:00.250+00:00",
            "endpoint": "lab",
            "model": "small",
            "mode": "completion",
            "purpose": "answer",
            "conversation_id": "c1",
            "prompt_tokens": "100",
            "cached_tokens": "10",
            "cache_written_tokens": "2",
            "completion_tokens": "20",
            "reasoning_tokens": "5",
            "saved_prompt_tokens": "0",
            "saved_completion_tokens": "0",
            "reported": "true",
            "cost_dollars": "0.000000001",
            "billed": "true",
            "free": "false",
            "kept": "false",
            "first_token_seconds": "0.25",
            "duration_seconds": "1.5",
            "outcome": "complete",
        }
    ]


def test_what_is_not_known_is_empty_in_csv_and_null_in_json() -> None:
    record = a_record(NOW, cost=None, first_token=None)
    (row,) = Shown(History(record), "--csv").rows
    assert (row["cost_dollars"], row["first_token_seconds"]) == ("", "")
    (told,) = json.loads(Shown(History(record), "--json").out)
    assert (told["cost_dollars"], told["first_token_seconds"]) == (None, None)


def test_what_nobody_bills_is_empty_and_never_0_dollars() -> None:
    refused = a_record(NOW, cost=0, usage=Usage(), reported=False, outcome=Outcome.FAILED)
    (row,) = Shown(History(refused), "--csv").rows
    assert (row["cost_dollars"], row["billed"], row["free"]) == ("", "false", "false")
    total = Total.of(refused)
    (line,) = Shown(History(groups=groups(total)), "--by", "day", "--csv").rows
    assert (line["requests"], line["unbilled_requests"], line["cost_dollars"]) == ("1", "1", "")
    shown = Shown(History(groups=groups(total)))
    assert [line.split()[-1] for line in shown.lines[2::2]] == ["-", "-"]
    beside = Shown(History(groups=groups(total, UNPRICED)))
    assert beside.lines[-1].split()[-1] == "unpriced"


def test_columns_add_up_to_the_sums_also_with_kept_answers() -> None:
    records = [a_record(NOW), a_record(NOW, cost=0, kept=True), a_record(NOW, cost=None)]
    rows = Shown(History(*records), "--csv").rows
    total = sum((Total.of(record) for record in records), Total())
    assert sum(int(row["prompt_tokens"]) for row in rows) == total.usage.prompt
    assert sum(int(row["saved_completion_tokens"]) for row in rows) == total.saved.completion
    assert [row["billed"] for row in rows] == ["true", "false", "true"]
    assert [row["cost_dollars"] for row in rows] == ["0.0000015", "", ""]


def test_csv_and_json_tell_the_same_and_sum_up_to_the_nanodollar() -> None:
    records = [a_record(NOW + n, cost=n**7, usage=Usage(n, n * 2)) for n in range(50)]
    rows = Shown(History(*records), "--csv").rows
    told = json.loads(Shown(History(*records), "--json").out)
    assert [row["cost_dollars"] for row in rows] == [each["cost_dollars"] for each in told]
    wanted = sum((Total.of(record) for record in records), Total())
    assert sum(Decimal(row["cost_dollars"]) for row in rows) * 10**9 == wanted.cost.nanodollars
    assert sum(each["prompt_tokens"] for each in told) == wanted.usage.prompt


def test_with_a_grouping_the_sums_are_exported() -> None:
    history = History(groups=[*groups(PAID), Group("2026-11-02", "2026-11-02", UNPRICED)])
    first, second = Shown(history, "--by", "day", "--csv").rows
    assert (first["day"], first["requests"], first["cost_dollars"]) == (
        "2026-11-01",
        "12",
        "0.123456789",
    )
    assert (second["cost_dollars"], second["unpriced_requests"]) == ("", "2")
    told = json.loads(Shown(history, "--by", "day", "--json").out)
    assert (told["by"], told["total"]["requests"]) == ("day", 14)
    assert told["total"]["cost_dollars"] == "0.123456789"
    assert [group["day"] for group in told["groups"]] == ["2026-11-01", "2026-11-02"]


def test_conversations_are_exported_with_id_and_title_that_nothing_computes_or_obeys() -> None:
    history = History(groups=[Group("c1", "=1+1 \x1b[31m", FREE), Group("c2", 'a "b", c', FREE)])
    first, second = Shown(history, "--by", "conversation", "--csv").rows
    assert (first["conversation_id"], first["title"]) == ("c1", "'=1+1 ␛[31m")
    assert second["title"] == 'a "b", c'
    told = json.loads(Shown(history, "--by", "conversation", "--json").out)
    assert told["groups"][0]["title"] == "=1+1 \x1b[31m"


def test_exports_of_nothing_are_empty_ones() -> None:
    assert Shown(History(), "--csv").rows == []
    assert Shown(History(), "--csv").out.startswith("id,time,")
    assert json.loads(Shown(History(), "--json").out) == []
    assert json.loads(Shown(History(), "--by", "model", "--json").out)["groups"] == []


# What is no good


def test_records_that_can_not_be_read_are_told_in_a_sentence() -> None:
    problem = Problem(ProblemKind.STORAGE, "A newer StudyBuddy wrote it.", "Update.")
    for arguments in ([], ["--csv"], ["--by", "model"]):
        shown = Shown(History(problem=problem), *arguments)
        assert (shown.code, shown.out) == (usage.FAILED, "")
        assert shown.err == "studybuddy: A newer StudyBuddy wrote it. Update.\n"


def test_a_time_that_is_none_is_told_with_those_that_are() -> None:
    shown = Shown(History(), "--since", "yesterday")
    assert shown.code == usage.BAD_INPUT
    assert "“yesterday” is no time" in shown.err
    assert "7d" in shown.err


def test_csv_and_json_at_once_are_refused() -> None:
    with pytest.raises(SystemExit):
        Shown(History(), "--csv", "--json")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("today", "2026-11-21"),
        ("1d", "2026-11-21"),
        ("0d", "2026-11-21"),
        ("7d", "2026-11-15"),
        ("2w", "2026-11-08"),
        ("week", "2026-11-16"),
        ("Month", "2026-11-01"),
        ("2026-11", "2026-11-01"),
        (" 2026-10-31 ", "2026-10-31"),
    ],
)
def test_times_are_days_of_the_local_calendar(text: str, wanted: str) -> None:
    for zone in (UTC, ZoneInfo("America/New_York")):
        begin = since(text, NOW, zone)
        assert begin is not None
        assert datetime.fromtimestamp(begin, zone).isoformat()[:19] == f"{wanted}T00:00:00"


def test_a_time_long_ago_is_no_mistake() -> None:
    assert since("all", NOW) is None
    for text in ("99999d", "99999w", "0001-01-01", "1970-01-01"):
        assert since(text, NOW) is None


@pytest.mark.parametrize("text", ["", "yesterday", "d", "-3d", "7 days ago", "2026-13", "11/01/26"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time to count from"):
        since(text, NOW)
