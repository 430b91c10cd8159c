"""The request that sending now makes, as it was found at rest, and as the draft changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.context import staying
from studybuddy.chat.plans import Plan
from studybuddy.domain.limits import DoesNotFit, Overflow, Room
from studybuddy.domain.messages import Role
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.chat.context_now import ContextKey
    from studybuddy.chat.fitting import Outlook
    from studybuddy.chat.reports import Report
    from studybuddy.domain.messages import Message


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, at one moment."""

    version: int
    """Another one after each change."""
    count: Count
    asks: bool
    """Whether there is a question in it: a blank one has none."""


@dataclass(frozen=True, slots=True)
class NextRequest:
    """What sending would take: exactly for one draft, by what changed for others."""

    key: ContextKey
    draft: Draft
    """That it was found with."""
    count: Count
    """Prompt tokens with that draft."""
    alone: Count
    """With an empty one."""
    before_draft: Count
    """Beside a draft's own tokens; less than 0 where more of them is left out than is added."""
    counted: Count
    """The context alone as it is counted here, whatever is reported of it."""
    room: Room
    drops: bool
    """Whether more of the conversation is left out where the draft gets too long."""
    least: int | None = 0
    """Tokens of a draft from which on, up to the room, the same of the conversation is sent: with
    a shorter one, what was left out may come back. `None` where that can't be told."""

    def with_draft(self, draft: Draft) -> Count:
        """Prompt tokens with another draft; quick. An estimate where it is decided at rest."""
        if draft.version == self.draft.version:
            return self.count
        tokens = draft.count.tokens if draft.asks else 0
        count = self.before_draft + draft.count if draft.asks else self.alone
        count = replace(count, tokens=max(0, count.tokens))
        if self.least is None or tokens < self.least:
            count = replace(count, exact=False)
        return within(count, self.room, drops=self.drops)

    def told(self, alone: int | None, whole: int | None) -> NextRequest:
        """The same with what the endpoint's own tokenizer gives, as far as it was asked."""
        found = self
        if alone is not None:
            by = alone - self.alone.tokens
            before = Count(self.before_draft.tokens + by, exact=False)
            count = Count(max(0, self.count.tokens + by), exact=False)
            if not self.draft.asks:
                count = Count(alone)
            found = replace(found, count=count, alone=Count(alone), before_draft=before)
        if whole is not None:
            before = Count(whole - self.draft.count.tokens, exact=False)
            found = replace(found, count=Count(whole), before_draft=before)
        return found


def within(count: Count, room: Room, *, drops: bool) -> Count:
    """What a request has at most where something of it is left out: that is decided at rest."""
    if drops and room.prompt is not None and count.tokens > room.prompt:
        return Count(room.prompt, exact=False)
    return count


def plan_of(outlook: Outlook) -> Plan:
    """What would be sent; all of it, where it would be refused."""
    return outlook.plan if isinstance(outlook.plan, Plan) else Plan(outlook.weighed)


@dataclass(frozen=True, slots=True)
class Frames:
    """Prompt tokens of messages beside their texts."""

    question: Count
    answer: Count


def next_request(
    key: ContextKey,
    outlook: Outlook,
    system_prompt: str,
    draft: Draft,
    frames: Frames,
    report: Report | None = None,
    *,
    verbatim: bool = True,
    steady: bool = False,
) -> NextRequest:
    """What sending takes by an outlook, corrected by what was reported of the request before.

    Args:
        key: of the context.
        outlook: of sending the draft; of the context alone, where that asks nothing.
        system_prompt: of the conversation.
        draft: as it was then.
        frames: what messages have beside their texts.
        report: of the conversation's last request to who answers now; it counts where the next
            request begins with all of that one, whatever was changed between them.
        verbatim: whether the draft is sent as it is, so that its tokens are what it adds.
        steady: whether turns are left out in bigger steps.
    """
    plan, weighed = plan_of(outlook), outlook.weighed
    refused = isinstance(outlook.plan, DoesNotFit)
    question = weighed.turns[-1].tokens if draft.asks else 0
    counted = Count(plan.count.tokens - question, plan.count.exact)
    alone, frame = counted, 0
    if report is not None and not refused and plan.to_sum_up is None:
        alone, frame = _as_reported(plan, system_prompt, draft, counted, report, frames)
    count = plan.count
    if draft.asks:
        count = Count(alone.tokens + frame + question, count.exact)
        before = count.tokens - draft.count.tokens
    else:
        count = alone
        before = alone.tokens + frame + frames.question.tokens
    exact = plan.count.exact and weighed.exact and verbatim
    exact = exact and (draft.count.exact or not draft.asks)
    return NextRequest(
        key,
        draft,
        count,
        alone,
        Count(before, exact),
        counted,
        outlook.room,
        drops=outlook.overflow is not Overflow.REFUSE and not refused,
        least=_least(outlook, draft, steady=steady),
    )


def _least(outlook: Outlook, draft: Draft, *, steady: bool) -> int | None:
    if outlook.overflow is Overflow.REFUSE:
        return 0
    whole = not isinstance(outlook.plan, DoesNotFit) and not outlook.plan.cut
    if steady and not whole:
        return None
    return 0 if whole or not draft.asks else draft.count.tokens


def _as_reported(
    plan: Plan, system_prompt: str, draft: Draft, counted: Count, report: Report, frames: Frames
) -> tuple[Count, int]:
    """The request without the draft's question, and what has to be added where one follows."""
    messages = plan.messages(system_prompt)
    kept = list(staying(plan.weighed.turns, plan.cut))
    if draft.asks:
        messages, kept = messages[:-1], kept[:-1]
    sizes = [size for turn in kept for size in turn.sizes]
    new = len(messages) - len(report.messages)
    if not 0 <= new <= len(sizes) or not report.begins(messages):
        return counted, 0
    then = counted.tokens - sum(sizes[len(sizes) - new :])
    if not report.is_plausible(then):
        return counted, 0
    usage = report.usage
    last = [message for turn in kept for message in turn.messages][-1:]
    if new == 0:
        return Count(usage.prompt), 0
    if not counted.exact and new == 1 and _tells_answer(report, last[0]):
        # What frames the answer is not in it, for it was no prompt then. Reasoning is not sent.
        return Count(usage.prompt + usage.completion - usage.reasoning), frames.answer.tokens
    return Count(counted.tokens + usage.prompt - then, counted.exact), 0


def _tells_answer(report: Report, answer: Message) -> bool:
    """Whether it says how long the answer is."""
    usage = report.usage
    return answer.role is Role.ASSISTANT and usage.completion > usage.reasoning
