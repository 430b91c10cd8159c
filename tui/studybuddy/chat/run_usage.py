"""What a run used, put together from what its server tells of it and of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.domain.money import Tariff
    from studybuddy.domain.runs import Run, RunStep


def reported_usage(run: Run, steps: Sequence[RunStep]) -> Usage | None:
    """What the server told of a run: of all of it, or of its steps where that is more by now.

    `None` where it told nothing.
    """
    by_steps = sum(_told(steps), Usage())
    whole = run.usage or Usage()
    if not whole.total and not by_steps.total:
        return None
    if whole.total and (run.status.over or whole.total >= by_steps.total):
        return whole
    return by_steps


def cost_of(tariff: Tariff, usage: Usage, steps: Sequence[RunStep]) -> int:
    """Nanodollars of a run that used `usage`, each request at the rates for its own length.

    Where the steps do not tell all of it, it is priced as one request.
    """
    told = _told(steps)
    if sum(told, Usage()) != usage:
        return tariff.cost(usage)
    return sum(tariff.cost(part) for part in told)


def _told(steps: Sequence[RunStep]) -> list[Usage]:
    return [step.usage for step in steps if step.usage is not None and step.usage.total]
