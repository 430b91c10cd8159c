"""What is to stay of a conversation that may be too long: pure rules over its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from studybuddy.chat.context import Opening, Turn, cut_to_fit, staying, tokens_of
from studybuddy.chat.weighing import Weighed
from studybuddy.domain.kept_texts import Summary
from studybuddy.domain.limits import DoesNotFit, Overflow, Room
from studybuddy.domain.messages import Role
from studybuddy.domain.usage import Count

SCALED_MARGIN = 0.02
"""Share by which an estimate may be too low where the endpoint told how far estimates are off."""
_LONGEST_SUMMARY = 4096
_SUMMARY_SHARE = 8
"""A summary may have this part of the room, as 1 / n."""
_LEFT_AFTER_SUMMARY = 0.5
"""Share of the room that is left in use where older turns are summed up: it is done seldom."""

_ASKS = "Please sum up what we have talked about so far."


@dataclass(frozen=True, slots=True)
class ToSumUp:
    """A summary that has to be made before anything can be sent."""

    turns: tuple[Turn, ...]
    """What is new in it, oldest first."""
    previous: Summary | None
    """What stands for all before that."""
    most: int
    """Tokens that it may have."""
    covers_id: str
    """Names all that it sums up; see `covers_ids`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to stay of a conversation."""

    weighed: Weighed
    cut: int = 0
    """The oldest turns that go, but for pinned ones."""
    summary: Summary | None = None
    """What stands for them."""
    to_sum_up: ToSumUp | None = None
    """What has to be made to stand for them."""
    summary_tokens: int = 0
    """Of either; of one that has to be made, those that it may have."""

    @property
    def count(self) -> Count:
        """Prompt tokens of the request."""
        if not self.cut:
            return self.weighed.whole
        base = self.weighed.base + self.summary_tokens
        exact = self.weighed.exact and self.to_sum_up is None
        return Count(tokens_of(self.weighed.turns, base, self.cut), exact)

    @property
    def gone(self) -> tuple[str, ...]:
        """Ids of the messages that are not sent, oldest first."""
        turns = self.weighed.turns[: self.cut]
        return tuple(m.id for turn in turns if not turn.pinned for m in turn.messages)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Ids of those that nothing stands for."""
        return () if self._summarises else self.gone

    @property
    def summarised(self) -> tuple[str, ...]:
        """Ids of those that a summary stands for."""
        return self.gone if self._summarises else ()

    @property
    def _summarises(self) -> bool:
        return self.summary is not None or self.to_sum_up is not None

    def messages(self, opening: Opening) -> tuple[tuple[Role, str], ...]:
        """Role and text of what is sent: the opening, summary, and what stays of the turns.

        What is pinned among the oldest turns so follows the summary, in the order of its age.
        """
        summary = summary_messages(self.summary.text) if self.summary else ()
        turns = staying(self.weighed.turns, self.cut)
        return (*opening, *summary, *((m.role, m.text) for turn in turns for m in turn.messages))


def placed(plan: Plan | DoesNotFit, weighed: Weighed) -> Plan:
    """What would be sent; all of it, where it would be refused."""
    return plan if isinstance(plan, Plan) else Plan(weighed)


def summary_messages(text: str) -> tuple[tuple[Role, str], ...]:
    """A summary as it is shown to the model.

    As a turn of its own, and not as a second system prompt: some models' templates refuse two,
    and what comes from a conversation is not to have a system prompt's weight.
    """
    return (Role.USER, _ASKS), (Role.ASSISTANT, text)


def limit_of(weighed: Weighed, room: int) -> int:
    """Tokens that a count may come to, so that what is sent has no more than the room."""
    if weighed.exact:
        return room
    return int(room / (1 + (weighed.margin if weighed.told is None else SCALED_MARGIN)))


def make_plan(
    weighed: Weighed,
    room: Room,
    wanted: Overflow,
    summaries: Sequence[tuple[Summary, int]] = (),
    *,
    steady: bool = False,
) -> Plan | DoesNotFit:
    """What is to stay of a conversation whose last turn is the question.

    Args:
        weighed: the conversation.
        room: what the prompt may have.
        wanted: what is to happen where it does not fit.
        summaries: those there are, the newest first, each with its prompt tokens.
        steady: see `cut_to_fit`.
    """
    if room.prompt is None:
        return Plan(weighed)
    limit = limit_of(weighed, room.prompt)
    whole = weighed.whole
    if whole.tokens <= (room.prompt if whole.exact else limit):
        return Plan(weighed)
    cut = cut_to_fit(weighed.turns, weighed.base, limit, steady=steady)
    refusal = _refusal(weighed, room.prompt, limit, cut)
    if not cut or wanted is Overflow.REFUSE:
        return refusal
    if wanted is Overflow.DROP:
        return Plan(weighed, cut)
    return _with_summary(weighed, limit, summaries) or refusal


def _refusal(weighed: Weighed, room: int, limit: int, cut: int | None) -> DoesNotFit:
    margin = room - limit
    if not cut:
        # What has to stay alone is too long: that is the number that says how much.
        last = max(0, len(weighed.turns) - 1)
        least = Count(tokens_of(weighed.turns, weighed.base, last), weighed.exact)
        told = weighed.whole if least.tokens >= weighed.whole.tokens else least
        return DoesNotFit(told.tokens, room, told.exact, 0, margin)
    whole = weighed.whole
    droppable = len(Plan(weighed, cut).gone)
    return DoesNotFit(whole.tokens, room, whole.exact, droppable, margin)


def _with_summary(
    weighed: Weighed, limit: int, summaries: Sequence[tuple[Summary, int]]
) -> Plan | None:
    """With a summary that is there and does, else with one that has to be made, if it can be."""
    names = covers_ids(weighed.turns[:-1])
    ends = {name: n for n, name in enumerate(names, 1)}
    known = [(ends[s.covers_id], s, size) for s, size in summaries if s.covers_id in ends]
    known.sort(key=lambda one: one[0])  # the one that stands for least goes first
    for cut, summary, size in known:
        plan = Plan(weighed, cut, summary, summary_tokens=size)
        if plan.count.tokens <= limit:
            return plan
    start, previous = (known[-1][0], known[-1][1]) if known else (0, None)
    most = min(_LONGEST_SUMMARY, limit // _SUMMARY_SHARE)
    base = weighed.base + most
    for goal in (int(limit * _LEFT_AFTER_SUMMARY), limit):
        cut = cut_to_fit(weighed.turns, base, goal) or 0
        if cut > start:
            to_sum_up = ToSumUp(weighed.turns[start:cut], previous, most, names[cut - 1])
            return Plan(weighed, cut, None, to_sum_up, most)
    return None


def covers_ids(turns: Sequence[Turn]) -> list[str]:
    """Of each turn: what names a summary of all up to its end.

    That is the id of its last message. Where messages before were deleted, what is left of them
    is in the name too: a summary made before may tell of what is gone, and does no more.
    """
    names: list[str] = []
    left, gap = sha256(), False
    for turn in turns:
        gap = gap or turn.gap
        left.update(" ".join(message.id for message in turn.messages).encode() + b"\n")
        last = turn.messages[-1].id
        names.append(f"{last} {left.hexdigest()[:16]}" if gap else last)
    return names
