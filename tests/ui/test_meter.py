"""The meter: what its one line says at which width, and that it keeps up with the keys."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from textual import events

from studybuddy.domain.events import TextDelta
from studybuddy.domain.limits import Amount, BudgetState, Period, Room, Spent
from studybuddy.domain.metering import Reading
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Count, Usage
from studybuddy.ui.widgets.meter import fitted, parts_of
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

PAID = Cost(12_000_000, free=False)
READING = Reading(
    draft=Count(12),
    request=Count(2785),
    room=Room(8192, 1024),
    used=Usage(1204, 345),
    cost=PAID,
    session=Cost(42_000_000, free=False),
)
ROOMY = 200


def line(reading: Reading, width: int = ROOMY) -> str:
    return fitted(parts_of(reading), width).plain


def colours(reading: Reading) -> str:
    return " ".join(str(span.style) for span in fitted(parts_of(reading), ROOMY).spans)


def test_a_glance_tells_draft_window_tokens_and_money() -> None:
    assert line(READING) == (
        "draft 12 · ▰▰▰▱▱▱▱▫ 33 % · 2,785 of 8,192 · 1,204 in 345 out · $0.012 · session $0.042"
    )


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (78, "draft 12 · ▰▰▰▱▱▱▱▫ 33 % of 8,192 · 1,204 in 345 out · $0.012 · session $0.042"),
        (60, "draft 12 · ▰▰▰▱▱▱▱▫ 33 % · 1,204 in 345 out · $0.012"),
        (45, "draft 12 · ▰▰▰▱▱▱▱▫ 33 % of 8,192 · $0.012"),
        (25, "draft 12 · ▰▰▰▱▱▱▱▫ 33 %"),
        (20, "draft 12 · 33 %"),
        (9, "draft 12"),
        (4, "33 %"),
    ],
)
def test_what_matters_less_gives_way_to_what_matters_more(width: int, shown: str) -> None:
    assert line(READING, width) == shown


def test_no_width_is_overrun() -> None:
    reading = replace(READING, characters=1204, most_characters=2000, answer=44, sending=PAID)
    parts = parts_of(reading)
    assert all(fitted(parts, width).cell_length <= width for width in range(150))


def test_an_estimate_is_marked_and_a_reported_figure_is_not() -> None:
    text = line(replace(READING, draft=Count(12, False), request=Count(2785, False)))
    assert "draft ≈12" in text
    assert "≈33 % · ≈2,785 of 8,192" in text
    assert "· 1,204 in 345 out" in text


@pytest.mark.parametrize(
    ("cost", "says_it"),
    [(Cost(), "free"), (Cost(unpriced=1, free=False), "unpriced"), (PAID, "$0.012")],
)
def test_what_nobody_knows_the_price_of_is_unpriced_and_what_costs_nothing_is_free(
    cost: Cost, says_it: str
) -> None:
    text = line(replace(READING, cost=cost, session=cost))
    assert text.endswith(f" · {says_it}")
    assert "$0 " not in f"{text} "


def test_the_cost_of_sending_now_is_told_beside_what_was_paid() -> None:
    sending = Cost(300_000, free=False)
    assert "$0.012 + $0.00030" in line(replace(READING, sending=sending))
    assert "sends $0.00030" in line(replace(READING, sending=sending, cost=None, session=None))
    estimated = replace(READING, sending=sending, request=Count(2785, False))
    assert "$0.012 + ≈$0.00030" in line(estimated)
    unpriced = replace(READING, sending=Cost(unpriced=1, free=False))
    assert "$0.012 + unpriced" in line(unpriced)


@pytest.mark.parametrize(
    ("tokens", "colour", "words"),
    [
        (2000, "$text-success", ""),
        (5000, "$text-primary", ""),
        (6000, "$text-warning", ", nearly full"),
        (7169, "$text-error", ", 1 too long"),
        (9000, "$text-error", ", 1,832 too long"),
    ],
)
def test_the_bar_changes_colour_as_it_fills_and_words_say_the_same(
    tokens: int, colour: str, words: str
) -> None:
    reading = replace(READING, request=Count(tokens))
    assert colour in colours(reading)
    assert f"of 8,192{words} ·" in line(reading)


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (3100, ""),
        (3300, ", nearly full"),
        (4096, ", nearly full"),
        (4097, ", ≈1 too long"),
        (4500, ", ≈404 too long"),
    ],
)
def test_what_an_estimate_may_not_fill_is_no_room(tokens: int, words: str) -> None:
    reading = replace(READING, request=Count(tokens, exact=False), kept_back=7168 - 4096)
    assert f"≈{tokens:,} of 8,192{words} ·" in line(reading)


def test_a_margin_that_leaves_no_room_is_no_fault() -> None:
    reading = replace(READING, request=Count(0, exact=False), kept_back=7168)
    assert "0 % · ≈0 of 8,192" in line(reading)


def test_an_answer_that_comes_fills_the_window_too() -> None:
    text = line(replace(READING, answer=1000))
    assert "≈46 % · ≈3,785 of 8,192" in text
    assert "answer ≈1,000" in text


def test_the_room_kept_for_the_answer_is_set_off_in_the_bar() -> None:
    half = replace(READING, room=Room(8192, 4096), request=Count(1000))
    assert "▰▱▱▱▫▫▫▫ 12 %" in line(half)


def test_cached_and_reasoning_tokens_are_told_apart_where_there_is_room() -> None:
    used = Usage(1204, 345, cached=800, reasoning=120, cache_written=64)
    reading = replace(READING, used=used)
    assert "1,204 in (800 cached, 64 written) 345 out (120 reasoning)" in line(reading)
    assert "1,204 in 345 out" in line(reading, 80)


def test_a_budget_that_nears_its_end_is_told_and_one_that_does_not_is_not() -> None:
    def with_spent(cents: int) -> Reading:
        spent = Spent(nanodollars=cents * 10_000_000)
        state = BudgetState(Period.DAY, Amount(nanodollars=500_000_000), spent)
        return replace(READING, budgets=(state,))

    assert "day 84 % of $0.50" in line(with_spent(42))
    assert "$text-warning" in colours(with_spent(42))
    assert "$text-error" in colours(with_spent(50))
    assert "day" not in line(with_spent(10))


def test_a_budget_with_what_is_to_be_sent_says_that_it_is_in_it() -> None:
    spent, coming = Spent(nanodollars=8_100_000), Spent(2_200_000, 10)
    state = BudgetState(Period.CONVERSATION, Amount(nanodollars=10_000_000), spent, coming)
    reading = Reading(budgets=(state,))
    assert "conversation 103 % of $0.01 with this" in line(reading)
    assert line(reading, 20) == "conversation 103 %"
    assert "conversation 81 % of $0.01" in line(Reading(budgets=(replace(state, coming=Spent()),)))


def test_a_prompt_with_a_limit_has_a_counter_that_says_when_it_is_too_long() -> None:
    reading = replace(READING, characters=1204, most_characters=2000)
    assert "1,204/2,000 characters" in line(reading)
    over = replace(reading, characters=2001)
    assert "2,001/2,000 characters, 1 too many" in line(over)
    assert "$text-error" in colours(over)


def test_where_the_window_is_not_known_the_tokens_alone_are_told() -> None:
    assert line(Reading(request=Count(1204))) == "context 1,204"
    assert line(Reading()) == ""


async def test_the_meter_shows_what_is_typed_with_the_next_frame() -> None:
    async with Student().at_work() as student:
        await student.type("one two three")
        assert student.view.meter_line.reading.draft == Count(3)
        assert "draft 3" in student.shown()
        student.view.prompt.post_message(events.Paste(" ".join(["word"] * 500)))
        await student.settle()
        assert student.view.meter_line.reading.draft == Count(502)


async def test_the_meter_is_one_line_below_the_prompt_also_on_a_small_screen() -> None:
    async with Student().at_work((80, 24)) as student:
        student.meter.base = replace(READING, used=None)
        await student.type("hello")
        lines = student.shown().splitlines()
        assert lines[22].startswith(" draft 1 · ▰▱")
        assert "╰" in lines[21]
        assert "F1 Help" in lines[23]


async def test_the_answer_that_comes_is_counted_while_it_streams() -> None:
    gate = asyncio.Event()
    script = [TextDelta("Well. "), TextDelta("x" * 400), gate, *says("!")]
    async with Student(script).at_work() as student:
        student.view.prompt.put("Well?")
        await student.pilot.press("enter")
        await student.until(lambda: student.view.status.activity.phase == "answering")
        gate.set()
        await student.until(lambda: student.view.turn is not None and student.view.turn.over)
        await student.until(lambda: student.view.meter_line.reading.answer == 0)
        assert student.view.meter_line.reading.draft == Count(0)


async def test_everything_is_counted_again_when_the_keys_rest() -> None:
    async with Student().at_work() as student:
        await student.until(lambda: student.meter.settled)
        before = student.meter.settled
        await student.type("one")
        await student.until(lambda: student.meter.settled > before)


async def test_a_click_on_the_meter_asks_for_the_detail() -> None:
    async with Student().at_work() as student:
        await student.pilot.click("#meter")
        await student.until(lambda: "What the next request is made of" in student.shown())
