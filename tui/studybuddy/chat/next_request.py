"""The request that sending now makes, as it was found at rest, and as the draft changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.plans import limit_of
from studybuddy.domain.limits import DoesNotFit, Overflow, Room
from studybuddy.domain.usage import Count

if TYPE_CHECKING:
    from studybuddy.chat.context_now import ContextKey
    from studybuddy.chat.outlooks import Outlook


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
    room: Room
    drops: bool
    """Whether more of the conversation is left out where the draft gets too long."""
    least: int | None = 0
    """Tokens of a draft from which on, up to the room, the same of the conversation is sent: with
    a shorter one, what was left out may come back. `None` where that can't be told."""
    outside: frozenset[str] = frozenset()
    """Ids of the messages that are left out of it, or stand in a summary."""
    margin: int = 0
    """Tokens of the room that an estimate may not fill."""

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


def margin_of(outlook: Outlook) -> int:
    """Tokens of the room that an estimate may not fill, so that it is not refused."""
    room = outlook.room.prompt
    return 0 if room is None else room - limit_of(outlook.weighed, room)


def within(count: Count, room: Room, *, drops: bool) -> Count:
    """What a request has at most where something of it is left out: that is decided at rest."""
    if drops and room.prompt is not None and count.tokens > room.prompt:
        return Count(room.prompt, exact=False)
    return count


def next_request(
    key: ContextKey,
    outlook: Outlook,
    draft: Draft,
    frame: Count,
    *,
    verbatim: bool = True,
    steady: bool = False,
) -> NextRequest:
    """What sending takes by an outlook.

    Args:
        key: of the context.
        outlook: of sending the draft; of the context alone, where that asks nothing.
        draft: as it was then.
        frame: prompt tokens that a question has beside its text.
        verbatim: whether the draft is sent as it is, so that its tokens are what it adds.
        steady: whether turns are left out in bigger steps.
    """
    plan, weighed = outlook.placed, outlook.weighed
    count, alone = outlook.count, outlook.alone
    if draft.asks:
        before = count.tokens - draft.count.tokens
    else:  # a question that is being answered is in it
        alone = count
        answer = 0 if weighed.turns[-1].messages else weighed.frame
        before = count.tokens + answer + frame.tokens
    exact = plan.count.exact and weighed.exact and verbatim
    exact = exact and (draft.count.exact or not draft.asks)
    refused = isinstance(outlook.plan, DoesNotFit)
    return NextRequest(
        key,
        draft,
        count,
        alone,
        Count(before, exact),
        outlook.room,
        drops=outlook.overflow is not Overflow.REFUSE and not refused,
        least=_least(outlook, draft, steady=steady),
        outside=frozenset((*plan.dropped, *plan.summarised)),
        margin=margin_of(outlook),
    )


def thread_request(
    key: ContextKey, entries: Count, question: Count, draft: Draft, frame: Count, room: Room
) -> NextRequest:
    """What a run has to read: an estimate, for its server adds to it, and leaves out of it.

    Args:
        key: of the context.
        entries: prompt tokens of all but the question.
        question: those of the draft as it is sent; they count where it asks.
        draft: as it was then.
        frame: prompt tokens that a question has beside its text.
        room: what the prompt may have.
    """
    alone = replace(entries, exact=False)
    count = within(alone + question if draft.asks else alone, room, drops=True)
    return NextRequest(
        key, draft, count, within(alone, room, drops=True), alone + frame, room, drops=True
    )


def _least(outlook: Outlook, draft: Draft, *, steady: bool) -> int | None:
    if outlook.overflow is Overflow.REFUSE:
        return 0
    whole = not isinstance(outlook.plan, DoesNotFit) and not outlook.plan.cut
    if steady and not whole:
        return None
    return 0 if whole or not draft.asks else draft.count.tokens
