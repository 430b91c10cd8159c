"""The detail behind the meter: what the next request is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from studybuddy.domain.limits import Overflow, Room
from studybuddy.domain.metering import ContextReport, Part, PartKind, Place, Reading
from studybuddy.domain.money import Cost
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Count, Usage
from studybuddy.ui.screens.tokens import TokensScreen
from studybuddy.ui.widgets.context_parts import ContextParts
from studybuddy.ui.widgets.window_map import shares
from tests.ui.dialog_host import DialogHost

ANSWERED = Usage(1204, 243, 1024, 128)
SOME = [
    Part(PartKind.SYSTEM, "System prompt: You are Study Buddy", Count(57)),
    Part(PartKind.TOOLS, "Tools: file search", Count(612, False)),
    Part(PartKind.NOTES, "Notes: 3 passages of biology.pdf", Count(1830, False)),
    Part(PartKind.SUMMARY, "Summary of 2 messages", Count(240)),
    Part(PartKind.MESSAGE, "You: What is a cell?", Count(9), Place.SUMMARISED, "a"),
    Part(PartKind.MESSAGE, "Answer: 細胞 is a cell", Count(380), Place.SUMMARISED, "b"),
    Part(PartKind.MESSAGE, "You: And a wall?\nAnd [b]more[/b]?", Count(12), message_id="c"),
    Part(PartKind.MESSAGE, "Answer: Of cellulose", Count(640), message_id="d", reported=ANSWERED),
    Part(PartKind.MESSAGE, "You: A stopped one", Count(20), Place.LEFT_OUT, "e"),
    Part(PartKind.MESSAGE, "You: An old one", Count(31), Place.DROPPED, "f"),
    Part(PartKind.MESSAGE, "On the server", Count(50, False), Place.SERVER, "g"),
    Part(PartKind.OVERHEAD, "Chat format", Count(15)),
    Part(PartKind.DRAFT, "Draft: Why?", Count(2)),
]
SOME = [
    replace(part, text="" if part.kind in (PartKind.TOOLS, PartKind.OVERHEAD) else part.label)
    for part in SOME
]
REPORT = ContextReport(
    tuple(SOME),
    request=Count(3458, False),
    room=Room(16_384, 4096),
    overflow=Overflow.DROP,
    sending=Cost(12_300_000, free=False),
    longest_answer=Cost(41_000_000, free=False),
    facts_from="genai-prices, 2026-11-01",
)
READING = Reading(
    used=Usage(12_040, 2300, 9000, 700),
    cost=Cost(34_500_000, free=False),
    session=Cost(120_000_000, free=False),
)


def many(count: int) -> ContextReport:
    """A report of a long conversation."""
    parts = [
        Part(PartKind.MESSAGE, f"You: Question {n}", Count(10), message_id=str(n))
        for n in range(count)
    ]
    return replace(REPORT, parts=tuple(parts))


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_it_looks_like(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    parts = (*SOME[:6], replace(SOME[6], pinned=True), *SOME[7:])
    report = replace(REPORT, parts=parts)
    screen = TokensScreen(report, lambda: READING, model="gpt-5", show=lambda part: None)
    async with DialogHost(screen).open(size) as host:
        assert host.shown() == snapshot


async def test_what_an_estimate_may_not_fill_is_told() -> None:
    report = replace(REPORT, kept_back=1118)
    async with DialogHost(TokensScreen(report)).open((140, 40)) as host:
        told = next(line for line in host.shown().split("\n") if "≈3,458 of 12,288" in line)
        assert "· 1,118 kept back: this is an estimate" in told
        assert "kept back 1,118" in host.shown()  # and the map adds up
        assert f"free {12_288 - 3_458 - 1_118:,}" in host.shown()
    async with DialogHost(TokensScreen(REPORT)).open((140, 40)) as host:
        assert "kept back" not in host.shown()


async def test_every_part_is_told_with_its_tokens_and_its_place() -> None:
    async with DialogHost(TokensScreen(REPORT)).open((140, 40)) as host:
        rows = {line.split("  ")[2].strip(): line for line in host.shown().split("\n")[3:]
                if len(line.split("  ")) > 2}  # fmt: skip
        told = {
            "Tools: file search": ("≈612", "inside"),
            "You: What is a cell?": (" 9 ", "in summary"),
            "You: A stopped one": (" 20 ", "left out"),
            "You: An old one": (" 31 ", "dropped"),
            "On the server": ("≈50", "server decides"),
            "You: And a wall? And [b]more[/b]?": (" 12 ", "inside"),
        }
        for label, (tokens, place) in told.items():
            assert tokens in rows[label]
            assert place in rows[label]


async def test_the_usage_of_an_answer_is_told_by_kind() -> None:
    async with DialogHost(TokensScreen(REPORT)).open() as host:
        await host.press(*["down"] * 7)
        assert "1,204 in (1,024 cached) · 243 out (128 reasoning)" in host.shown()


async def test_the_report_is_made_when_the_screen_is_there() -> None:
    gate = asyncio.Event()

    async def reload() -> ContextReport:
        await gate.wait()
        return REPORT

    async with DialogHost(TokensScreen(None, reload=reload)).open() as host:
        assert "Counting…" in host.shown()
        gate.set()
        await host.until(lambda: "≈3,458 of 12,288 tokens (28%)" in host.shown())


async def test_a_star_pins_a_message_and_lets_it_go() -> None:
    pinned: set[str] = set()

    async def reload() -> ContextReport:
        parts = [replace(part, pinned=part.message_id in pinned) for part in SOME]
        return replace(REPORT, parts=tuple(parts))

    async def pin(message_id: str, on: bool) -> None:
        (pinned.add if on else pinned.discard)(message_id)

    async with DialogHost(TokensScreen(REPORT, reload=reload, pin=pin)).open() as host:
        await host.press("asterisk")
        assert "Only messages can be pinned" in host.shown()
        await host.press("home", *["down"] * 6, "asterisk")
        await host.until(lambda: "★ You: And a wall?" in host.shown())
        assert pinned == {"c"}
        assert "Only messages" not in host.shown()
        await host.press("asterisk")
        await host.until(lambda: "★" not in host.shown())
        assert pinned == set()


async def test_a_pin_that_fails_is_told() -> None:
    async def pin(message_id: str, on: bool) -> None:
        raise StudyBuddyError(Problem(ProblemKind.STORAGE, "The disk is full."))

    async with DialogHost(TokensScreen(REPORT, pin=pin)).open() as host:
        await host.press(*["down"] * 6, "asterisk")
        await host.until(lambda: "The disk is full." in host.shown())


async def test_keys_open_the_part_the_draft_and_the_usage() -> None:
    opened: list[object] = []
    screen = TokensScreen(
        REPORT,
        show=lambda part: opened.append(part and part.label),
        usage=lambda: opened.append("usage"),
    )
    async with DialogHost(screen).open() as host:
        await host.press("down", "down", "enter", "v", "u")
        assert opened == ["Notes: 3 passages of biology.pdf", None, "usage"]
        await host.press("escape")
        assert host.result is None


async def test_enter_is_offered_where_there_is_a_text_to_look_at() -> None:
    opened: list[Part | None] = []
    async with DialogHost(TokensScreen(REPORT, show=opened.append)).open() as host:
        assert "Enter its tokens" in host.shown()
        await host.press("down", "enter")
        assert "Tools: file search" in host.shown()
        assert "Enter its tokens" not in host.shown()
        assert not opened


async def test_changes_are_shown_as_they_come_until_the_screen_is_closed() -> None:
    told: list[Callable[[], None]] = []
    spent, request = [Cost(34_500_000, free=False)], [Count(10)]

    def follow(callback: Callable[[], None]) -> Callable[[], None]:
        told.append(callback)
        return lambda: told.remove(callback)

    async def reload() -> ContextReport:
        return replace(REPORT, request=request[0])

    screen = TokensScreen(
        None, lambda: replace(READING, cost=spent[0]), reload=reload, follow=follow
    )
    async with DialogHost(screen).open() as host:
        await host.until(lambda: "10 of 12,288 tokens" in host.shown() and "0.034" in host.shown())
        spent[0], request[0] = Cost(77_000_000, free=False), Count(99)
        told[0]()
        await host.until(lambda: "0.077" in host.shown() and "99 of 12,288" in host.shown())
        request[0] = Count(100)
        told[0]()
        await host.until(lambda: "100 of 12,288" in host.shown())
        await host.press("escape")
        await host.until(lambda: not told)


async def test_a_change_while_it_is_counted_is_counted_after_that() -> None:
    told: list[Callable[[], None]] = []
    gates = [asyncio.Event(), asyncio.Event()]
    made: list[int] = []

    def follow(callback: Callable[[], None]) -> Callable[[], None]:
        told.append(callback)
        return told.clear

    async def reload() -> ContextReport:
        made.append(len(made))
        await gates[min(len(made), 2) - 1].wait()
        return replace(REPORT, request=Count(100 + len(made)))

    async with DialogHost(TokensScreen(None, reload=reload, follow=follow)).open() as host:
        await host.until(lambda: made)
        told[0]()
        gates[0].set()
        await host.until(lambda: "101 of 12,288" in host.shown())
        gates[1].set()
        await host.until(lambda: "102 of 12,288" in host.shown())


async def test_where_the_server_decides_a_pin_is_refused_in_a_sentence() -> None:
    async with DialogHost(TokensScreen(REPORT)).open() as host:
        assert "* pins" not in host.shown()
        await host.press(*["down"] * 6, "asterisk")
        assert "Nothing can be pinned here: the server decides what fits." in host.shown()


async def test_a_click_points_and_a_second_one_opens() -> None:
    opened: list[str] = []
    screen = TokensScreen(REPORT, show=lambda part: opened.append(part.label if part else ""))
    async with DialogHost(screen).open((140, 40)) as host:
        await host.click_on("You: An old one")
        assert not opened
        parts = host.screen.query_one(ContextParts)
        assert parts.part == SOME[9]
        line = next(y for y, row in enumerate(host.shown().split("\n")) if "An old one" in row)
        await host.pilot.click(offset=(10, line), times=2)
        await host.press()
        assert opened == ["You: An old one"]


async def test_two_thousand_messages_are_scrolled_and_only_those_in_view_are_made() -> None:
    async with DialogHost(TokensScreen(many(2000))).open() as host:
        parts = host.screen.query_one(ContextParts)
        made: list[int] = []
        make = parts.row
        parts.row = lambda n, *rest: (made.append(n), make(n, *rest))[1]  # type: ignore[method-assign]
        await host.press("end")
        assert "▸   You: Question 1999" in host.shown()
        assert set(made) <= set(range(1950, 2000))
        await host.press("pageup", "home")
        assert "▸   You: Question 0" in host.shown()


async def test_a_small_terminal_shows_the_parts() -> None:
    async with DialogHost(TokensScreen(REPORT, lambda: READING)).open((60, 12)) as host:
        assert "≈3,458 of 12,288 tokens" in host.shown()
        assert sum("inside" in line for line in host.shown().split("\n")) >= 4


async def test_prices_that_nobody_knows_and_models_that_cost_nothing_are_told_apart() -> None:
    free = replace(REPORT, sending=Cost(), longest_answer=Cost())
    async with DialogHost(TokensScreen(free)).open() as host:
        assert "Sending is free" in host.shown()
    unpriced = replace(REPORT, sending=Cost(unpriced=1, free=False), longest_answer=None)
    async with DialogHost(TokensScreen(unpriced)).open() as host:
        assert "unpriced" in host.shown()
        assert "$" not in host.shown()


async def test_a_window_that_nobody_knows_is_told() -> None:
    async with DialogHost(TokensScreen(replace(REPORT, room=Room()))).open() as host:
        assert "How many this model takes is not known" in host.shown()
        assert "free" not in host.shown()


async def test_a_request_that_is_too_long_says_by_how_much_and_what_happens() -> None:
    over = replace(REPORT, request=Count(12_300), overflow=Overflow.REFUSE)
    async with DialogHost(TokensScreen(over)).open() as host:
        assert "12,300 of 12,288 tokens" in host.shown()
        assert "12 too many" in host.shown()
        assert "it is not sent" in host.shown()


async def test_without_colours_each_kind_has_a_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with DialogHost(TokensScreen(REPORT)).open() as host:
        drawn = host.shown().split("\n")[2].strip()
        assert len(set(drawn)) == 9  # 7 kinds, what is free, the answer


@given(st.lists(st.integers(0, 10**9), max_size=10), st.integers(0, 200))
def test_the_map_has_exactly_its_width_and_leaves_nothing_out(
    amounts: list[int], width: int
) -> None:
    given_cells = shares(amounts, width)
    there = [amount for amount in amounts if amount]
    assert sum(given_cells) == (width if there else 0)
    assert all(cells >= 0 for cells in given_cells)
    if len(there) <= width:
        assert all(cells for amount, cells in zip(amounts, given_cells, strict=True) if amount)
