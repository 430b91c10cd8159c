"""What endpoints told of earlier requests, put in place of what is counted of the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.plans import Plan, summary_messages
from studybuddy.domain.messages import Role
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studybuddy.chat.context import Opening
    from studybuddy.chat.reports import Report
    from studybuddy.chat.weighing import Weighed


def as_reported(plan: Plan, opening: Opening, report: Report, frame: int) -> Weighed | None:
    """The plan's parts, corrected by a report of some of them; `None` where it is of others.

    What was told beyond the count of them is what the endpoint adds of its own, or what an
    estimate is off by: it goes beside the turns, so that it stays where turns are left out.

    Args:
        plan: what would be sent; its last turn is the question, or empty where none is asked.
        opening: what the conversation's requests begin with.
        report: of a request of the same conversation.
        frame: prompt tokens that an answer has beside its text.
    """
    weighed, turns = plan.weighed, plan.weighed.turns
    sizes = {
        (message.role, message.text): size
        for turn in turns
        for message, size in zip(turn.messages, turn.sizes, strict=True)
    }
    sizes |= zip(opening, weighed.sizes_of(opening), strict=True)
    if plan.summary is not None:  # two messages that are sized together
        asks, tells = summary_messages(plan.summary.text)
        sizes.setdefault(asks, plan.summary_tokens)
        sizes.setdefault(tells, 0)
    if any(message not in sizes for message in report.messages):
        return None
    counted = weighed.priming + sum(sizes[message] for message in report.messages)
    if not report.is_plausible(counted):
        return None
    usage = report.usage
    found = replace(weighed, beyond=usage.prompt - counted, covers=report.messages)
    if not weighed.exact and report.tells_answer:
        found = _with_answer(found, plan.messages(opening), report, frame)
    whole = Plan(found).messages(opening)
    return replace(found, whole_told=whole == found.covers)


def _with_answer(
    weighed: Weighed, messages: tuple[tuple[Role, str], ...], report: Report, frame: int
) -> Weighed:
    """With the answer as long as it was told, where it is all that was said since."""
    turns = weighed.turns
    since = len(messages) - len(turns[-1].messages) - len(report.messages)
    if since != 1 or len(turns) < 2 or turns[-2].messages[-1].role is not Role.ASSISTANT:
        return weighed
    *earlier, answered, question = turns
    answer = answered.messages[-1]
    # What frames it is not in it, for it was no prompt then. Reasoning is not sent.
    told = report.usage.completion - report.usage.reasoning + (frame if question.messages else 0)
    turn = replace(answered, sizes=(*answered.sizes[:-1], told))
    return replace(
        weighed,
        turns=(*earlier, turn, question),
        frame=frame,
        covers=(*report.messages, (answer.role, answer.text)),
    )


def count_of(plan: Plan, opening: Opening) -> Count:
    """Prompt tokens of a plan: exact also where all of it was told."""
    count, covers = plan.count, plan.weighed.covers
    if count.exact or plan.to_sum_up is not None or not covers:
        return count
    return replace(count, exact=plan.messages(opening) == covers)


def count_alone(plan: Plan, opening: Opening, reports: Sequence[Report]) -> Count:
    """The same without the question that ends it, whatever was told of that."""
    question, weighed = plan.weighed.turns[-1], plan.weighed
    count = count_of(plan, opening)
    if not question.messages:
        return count
    alone = count.tokens - question.tokens - weighed.frame
    if (plan.count.exact and weighed.exact) or plan.to_sum_up is not None:
        return Count(alone, plan.count.exact and weighed.exact)
    before = plan.messages(opening)[: -len(question.messages)]
    for report in reports:
        if report.messages == before and report.is_plausible(alone - weighed.beyond):
            return Count(report.usage.prompt)
    return Count(alone, exact=bool(weighed.covers) and before == weighed.covers)
