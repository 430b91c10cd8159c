"""The dialogs about limits: what they say, take and refuse."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Label

from studybuddy.domain.limits import (
    Amount,
    BudgetState,
    DoesNotFit,
    OverBudget,
    Overflow,
    Period,
    Spent,
    Summing,
)
from studybuddy.domain.money import Cost
from studybuddy.ui.screens.limits import ConversationLimits, LimitsScreen
from studybuddy.ui.screens.refusal import OverBudgetScreen, TooLongScreen
from tests.ui.dialog_host import OPEN, DialogHost

CENT = 10_000_000
DAY = BudgetState(Period.DAY, Amount(nanodollars=50 * CENT), Spent(49 * CENT), Spent(2 * CENT, 9))
MONTH = BudgetState(Period.MONTH, Amount(tokens=1000), Spent(tokens=1000), Spent(2 * CENT, 9))
REQUEST = BudgetState(Period.REQUEST, Amount(tokens=5), Spent(), Spent(2 * CENT, 9))


def limits(longest: int | None = 16_384, usual: int | None = None) -> LimitsScreen:
    return LimitsScreen(ConversationLimits(), Overflow.REFUSE, longest=longest, usual=usual)


def told(app: DialogHost) -> str:
    """The text of a dialog as if it were one line."""
    lines = [line.strip().strip("│").strip() for line in app.shown().splitlines()]
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize(
    ("longest", "usual", "says"),
    [
        (16_384, None, "empty: as long as the model's longest, 16,384"),
        (None, None, "empty: as long as the model's longest"),
        (16_384, 300, "empty: 300, as set for all"),
    ],
)
async def test_the_longest_answer_says_what_holds_where_nothing_is_written(
    longest: int | None, usual: int | None, says: str
) -> None:
    async with DialogHost(limits(longest, usual)).open() as app:
        await app.until(lambda: says in app.shown())
        await app.pilot.press("f9")
        await app.until(lambda: app.result is not OPEN)
        assert app.result == ConversationLimits()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("16385", "This model's answers have at most 16,384 tokens."),
        ("99999999", "This model's answers have at most 16,384 tokens."),
        ("0", "The longest answer is a number above 0."),
        ("many", "“many” is not a whole number."),
        ("1.5", "“1.5” is not a whole number."),
        ("-3", "“-3” is not a whole number."),
    ],
)
async def test_what_can_not_be_used_is_told_as_it_is_written_and_not_saved(
    written: str, says: str
) -> None:
    async with DialogHost(limits()).open() as app:
        for key in written:
            await app.pilot.press({".": "full_stop", "-": "minus"}.get(key, key))
        await app.until(lambda: says in app.shown())
        await app.pilot.press("f9")
        await app.pilot.pause()
        assert app.result is OPEN
        await app.pilot.press(*["backspace"] * len(written))
        await app.until(lambda: says not in app.shown())


@pytest.mark.parametrize(("written", "tokens"), [("2000", 2000), ("2,000", 2000), ("16384", 16384)])
async def test_a_number_is_taken_with_commas_too(written: str, tokens: int) -> None:
    async with DialogHost(limits()).open() as app:
        await app.pilot.press(*("comma" if key == "," else key for key in written), "f9")
        await app.until(lambda: app.result is not OPEN)
        assert app.result == ConversationLimits(tokens)


async def test_where_the_server_decides_nothing_else_is_to_be_chosen_and_what_was_set_stays() -> (
    None
):
    before = ConversationLimits(None, Overflow.DROP)
    screen = LimitsScreen(before, Overflow.REFUSE, server_fits=True)
    async with DialogHost(screen).open() as app:
        await app.until(lambda: "The server decides what fits" in app.shown())
        assert not screen.query("RadioSet")
        await app.pilot.press("7", "f9")
        await app.until(lambda: app.result is not OPEN)
        assert app.result == ConversationLimits(7, Overflow.DROP)


@pytest.mark.parametrize(
    "screen",
    [
        TooLongScreen(
            DoesNotFit(
                13_001, 12_289, True, 2, summing=Summing(10, 2, Cost(unpriced=1, free=False))
            )
        ),
        OverBudgetScreen(OverBudget(REQUEST, (MONTH, DAY))),
    ],
)
async def test_in_a_small_terminal_every_button_is_there_and_the_text_can_be_scrolled(
    screen: TooLongScreen | OverBudgetScreen,
) -> None:
    async with DialogHost(screen).open((60, 15)) as app:
        await app.until(lambda: "(Esc)" in app.shown())
        assert screen.query_one("#edit").has_focus
        for button in screen.query(Button):
            assert screen.region.contains_region(button.region)
            assert str(button.label) in app.shown()
        await app.pilot.press(*["down"] * 20)
        texts = screen.query_one(".texts")
        assert texts.scroll_offset.y == texts.max_scroll_y > 0
        last = str(list(texts.query(Label))[-1].render()).split()[-1]
        assert last in app.shown()


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_the_limits_are_all_there_in_a_small_terminal(size: tuple[int, int]) -> None:
    async with DialogHost(limits()).open(size) as app:
        sheet = app.screen.query_one(".limits")
        for widget in app.screen.query("Input, RadioButton, #note, Button"):
            assert sheet.content_region.contains_region(widget.region), widget
        assert "Pinned messages always stay" in told(app)


async def test_one_dialog_names_every_budget_that_stands_in_the_way() -> None:
    async with DialogHost(OverBudgetScreen(OverBudget(REQUEST, (MONTH, DAY)))).open() as app:
        await app.until(lambda: "Budgets stand in the way" in app.shown())
        shown = told(app)
        assert "more than the request's budget of 5 tokens" in shown
        assert "The month's budget of 1,000 tokens is used up." in shown
        assert "over the day's budget of $0.50: $0.010 are left, and it takes at least" in shown
        assert "Lift them and send (l)" in shown


async def test_what_has_no_price_is_never_told_to_add_nothing() -> None:
    unpriced = BudgetState(Period.DAY, DAY.amount, Spent(50 * CENT), Spent(tokens=9, unpriced=1))
    async with DialogHost(OverBudgetScreen(OverBudget(unpriced))).open() as app:
        await app.until(lambda: "what has no known price" in app.shown())


@pytest.mark.parametrize(
    ("summing", "says"),
    [
        (None, "or let the model sum them up, which takes a request of its own."),
        (
            Summing(10, 2, Cost(12_000_000, free=False)),
            "or let the model sum the oldest 10 messages up, which takes 2 requests of its own, "
            "about $0.012 at most.",
        ),
        (Summing(2, 1, Cost()), "sum them up, which takes a request of its own, free."),
        (
            Summing(2, 1, Cost(unpriced=1, free=False)),
            "which takes a request of its own at an unknown price.",
        ),
        (Summing(4, 0, Cost()), "which takes no request: they were summed up before."),
    ],
)
async def test_the_dialog_tells_what_summing_up_takes(summing: Summing | None, says: str) -> None:
    obstacle = DoesNotFit(13_001, 12_289, True, 2, summing=summing)
    async with DialogHost(TooLongScreen(obstacle)).open() as app:
        await app.until(lambda: "too long" in app.shown())
        assert says in told(app)
