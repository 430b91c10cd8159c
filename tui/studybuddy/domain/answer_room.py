"""How long an answer may get before a budget is used up: pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from studybuddy.domain.usage import MOST_TOKENS, Usage

if TYPE_CHECKING:
    from studybuddy.domain.budget_states import BudgetState
    from studybuddy.domain.money import Tariff


def answer_room(states: Iterable[BudgetState], prompt: int, tariff: Tariff | None) -> int | None:
    """Tokens of the longest answer that no budget stands against; `None` for one of any length.

    Args:
        states: the budgets; what is coming is not looked at.
        prompt: tokens of the request.
        tariff: what it costs; budgets of dollars can't hold what has no price.
    """
    rooms = [room_in(state, prompt, tariff) for state in states]
    return min((room for room in rooms if room is not None), default=None)


def room_in(state: BudgetState, prompt: int, tariff: Tariff | None) -> int | None:
    """The same by one budget; 0 where it has no room for a request with any answer at all."""
    if state.lifted:
        return None
    used, limit = state.spent.measured_by(state.amount)
    left = limit - used
    if state.amount.nanodollars is None:
        return max(0, left - prompt)
    if tariff is None or tariff.free or tariff.cost(Usage(prompt, MOST_TOKENS)) <= left:
        return None
    fits, too_long = 0, MOST_TOKENS
    while too_long - fits > 1:  # by halves: what it costs is rounded, and is no plain product
        middle = (fits + too_long) // 2
        if tariff.cost(Usage(prompt, middle)) <= left:
            fits = middle
        else:
            too_long = middle
    return fits
