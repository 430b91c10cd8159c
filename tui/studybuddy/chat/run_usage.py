"""What a run used, put together from what its server tells of it and of its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from studybuddy.domain.runs import RunStatus, StepStatus
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.domain.money import Tariff
    from studybuddy.domain.runs import Run, RunStep

_TO_ITS_END = frozenset({RunStatus.COMPLETED, RunStatus.INCOMPLETE})
"""What is told of such a run is told of all of it; of one that was broken off, it may be only what
its finished steps used."""
_NOTHING_LEFT = frozenset({*_TO_ITS_END, RunStatus.FAILED, RunStatus.EXPIRED})
"""Where a run ended so, no request was under way after its last finished step."""


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What is known of a run's requests to the model, one for each of its rounds."""

    told: Usage
    """As the server tells it."""
    requests: tuple[Usage, ...] = ()
    """The requests of which that is the sum, each as far as it is known."""
    untold: tuple[str, ...] = ()
    """What was written in each request of which nothing is told."""


@dataclass(slots=True)
class _Round:
    """One request: a message, uses of tools, or a message and then uses of tools."""

    text: str = ""
    told: Usage | None = None
    over: bool = False
    """Whether another one follows, because tools were used and are done."""


def usage_of(run: Run, steps: Sequence[RunStep], texts: Mapping[str, str]) -> RunUsage:
    """What a run used by now.

    Args:
        run: as the server tells of it; what it tells of all of the run is believed, unless its
            steps make more.
        steps: those that are known, oldest first.
        texts: what was written so far in each message, by its id; under "" what is of no known one.
    """
    rounds = _rounds(run, steps, texts)
    told = tuple(one.told for one in rounds if one.told is not None)
    by_steps, whole = sum(told, Usage()), run.usage or Usage()
    untold = tuple(one.text for one in rounds if one.told is None)
    if whole.total and whole.total > by_steps.total:
        return RunUsage(whole, _divided(whole, told, len(untold)))
    if whole.total and run.status in _TO_ITS_END:
        untold = ()
    return RunUsage(by_steps, told, untold)


def reported_usage(run: Run, steps: Sequence[RunStep]) -> Usage | None:
    """What the server told of a run; `None` where it told nothing, or not of all its requests."""
    usage = usage_of(run, steps, {})
    return usage.told if usage.requests and not usage.untold else None


def cost_of(tariff: Tariff, requests: Sequence[Usage]) -> int:
    """Nanodollars of a run, each of its requests at the rates for its own length."""
    return sum(map(tariff.cost, requests))


def _rounds(run: Run, steps: Sequence[RunStep], texts: Mapping[str, str]) -> list[_Round]:
    rounds: list[_Round] = []
    before: RunStep | None = None
    for step in steps:
        if before is None or before.calls or not step.calls:
            rounds.append(_Round())
        here, before = rounds[-1], step
        here.text += texts.get(step.message_id, "") if step.message_id else ""
        here.over = bool(step.calls) and step.status is StepStatus.COMPLETED
        if step.usage is not None and step.usage.total:
            here.told = (here.told or Usage()) + step.usage
    known = {step.message_id for step in steps if step.message_id}
    rounds += [_Round(text) for message, text in texts.items() if text and message not in known]
    if not rounds or (rounds[-1].over and run.status not in _NOTHING_LEFT):
        rounds.append(_Round())  # it is under way, as far as anybody knows
    return rounds


def _divided(whole: Usage, told: tuple[Usage, ...], untold: int) -> tuple[Usage, ...]:
    """The requests that make up a whole; those of which nothing is told share the rest alike."""
    by_steps = sum(told, Usage())
    pairs = zip(astuple(whole), astuple(by_steps), strict=True)
    rest = [all_of_it - some for all_of_it, some in pairs]
    if min(rest) < 0:  # the steps tell of something that the whole does not: they are not its parts
        return _shares(astuple(whole), len(told) + untold)
    return (*told, *_shares(rest, max(1, untold)))


def _shares(tokens: Sequence[int], number: int) -> tuple[Usage, ...]:
    return tuple(
        Usage(*(count // number + (place < count % number) for count in tokens))
        for place in range(number)
    )
