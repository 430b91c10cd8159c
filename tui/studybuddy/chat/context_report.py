"""The detail behind the meter: what the next request would be made of, message by message."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from studybuddy.chat.context import entering, opening_of, with_coming
from studybuddy.chat.next_request import margin_of
from studybuddy.chat.plans import Plan
from studybuddy.chat.rooms import answer_cost
from studybuddy.domain.messages import Message, Role, new_id
from studybuddy.domain.metering import ContextReport, Part, PartKind, Place
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.text import one_line
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.chat.fitting import Fitter
    from studybuddy.chat.weighing import Weighed
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Conversation

_LABEL = 60
"""Characters of a part's label, at most."""
_SPEAKERS = {Role.USER: "You", Role.ASSISTANT: "Answer", Role.SYSTEM: "System"}


async def report_on(
    fitter: Fitter,
    head: Conversation,
    messages: Sequence[Message],
    draft: str,
    endpoint: Endpoint,
    coming: str = "",
) -> ContextReport:
    """What asking `draft` next would send; an empty one adds nothing.

    A turn under way is taken as if its answer ended with `coming`, what there is of it by now.

    Nobody is asked for it. Texts have their own tokens; what frames them has a part of its own,
    and so has what was reported beyond all that, so that the parts that are inside add up to the
    request. What would be summed up at sending, and is not yet, has a part for the tokens that
    the summary may have.

    Raises:
        StudyBuddyError: where the disk fails.
    """
    messages = with_coming(messages, coming)
    question = Message(new_id(), Role.USER, draft, time.time()) if draft else None
    outlook = await fitter.outlook(head, messages, question, endpoint)
    weighed, plan = outlook.weighed, outlook.plan
    placed = plan if isinstance(plan, Plan) else Plan(weighed)
    model = fitter.name(endpoint)
    empty = await fitter.scales.of([(role, "") for role in Role], model)
    frames = {role: count.tokens for role, count in zip(Role, empty, strict=True)}
    outside = await _left_out(fitter, messages, model)
    parts = _parts(head, messages, placed, frames, outside)
    if draft:
        size = await fitter.scales.text(draft, model)
        parts.append(Part(PartKind.DRAFT, _label("Draft", draft), size, text=draft))
    request = outlook.count
    inside = sum(part.count.tokens for part in parts if part.place is Place.INSIDE)
    overhead = request.tokens - inside - weighed.beyond
    parts.append(Part(PartKind.OVERHEAD, "What the chat format adds", _count(overhead, weighed)))
    if weighed.beyond:
        beyond = _count(weighed.beyond, weighed)
        parts.append(Part(PartKind.OVERHEAD, "What the server reported beyond that", beyond))
    facts = outlook.facts
    return ContextReport(
        tuple(parts),
        request,
        outlook.room,
        outlook.overflow,
        Cost.of(facts.tariff, Usage(prompt=request.tokens)),
        answer_cost(facts, request.tokens, outlook.room.reserved),
        " · ".join(_sources(facts)),
        kept_back=0 if request.exact else margin_of(outlook),
    )


def _parts(
    head: Conversation,
    messages: Sequence[Message],
    plan: Plan,
    frames: Mapping[Role, int],
    left_out: Mapping[str, Count],
) -> list[Part]:
    """The parts without the draft; `frames` are the tokens of empty messages."""
    parts: list[Part] = []
    weighed = plan.weighed
    if head.system_prompt:
        label = _label("System prompt", head.system_prompt)
        tokens = max(0, weighed.system - frames[Role.SYSTEM])
        size = _count(tokens, weighed)
        parts.append(Part(PartKind.SYSTEM, label, size, text=head.system_prompt))
    if head.examples:
        parts.append(_examples(head, weighed, frames))
    if plan.summary is not None:
        text = plan.summary.text
        size = _count(plan.summary_tokens, weighed)
        parts.append(Part(PartKind.SUMMARY, _label("Summary", text), size, text=text))
    elif plan.to_sum_up is not None:
        label = "Summary, to be made when you send"
        size = Count(plan.summary_tokens, exact=False)
        parts.append(Part(PartKind.SUMMARY, label, size))
    sizes = {
        message.id: _count(max(0, size - frames[message.role]), weighed)
        for turn in weighed.turns
        for message, size in zip(turn.messages, turn.sizes, strict=True)
    }
    dropped, summarised = frozenset(plan.dropped), frozenset(plan.summarised)
    for message in messages:
        place = Place.INSIDE
        if message.id not in sizes:
            place = Place.LEFT_OUT
        elif message.id in dropped:
            place = Place.DROPPED
        elif message.id in summarised:
            place = Place.SUMMARISED
        parts.append(
            Part(
                PartKind.MESSAGE,
                _label(_SPEAKERS[message.role], message.text),
                sizes.get(message.id) or left_out[message.id],
                place,
                message.id,
                message.pinned,
                message.usage,
                message.text,
            )
        )
    return parts


def _examples(head: Conversation, weighed: Weighed, frames: Mapping[Role, int]) -> Part:
    """All few-shot examples together."""
    shots = [message for message in opening_of(head) if message[0] is not Role.SYSTEM]
    sizes = zip(shots, weighed.examples, strict=True)
    tokens = sum(max(0, size - frames[role]) for (role, _), size in sizes)
    number = len(head.examples)
    label = _label("1 example" if number == 1 else f"{number} examples", shots[0][1])
    texts = "\n\n".join(f"{_SPEAKERS[role]}: {text}" for role, text in shots)
    return Part(PartKind.EXAMPLES, label, _count(tokens, weighed), text=texts)


async def _left_out(fitter: Fitter, messages: Sequence[Message], model: str) -> dict[str, Count]:
    """The sizes of messages that never enter the context."""
    inside = {message.id for message in entering(messages)}
    outside = [message for message in messages if message.id not in inside]
    return {m.id: await fitter.scales.text(m.text, model) for m in outside}


def _count(tokens: int, weighed: Weighed) -> Count:
    return Count(tokens, weighed.exact)


def _label(speaker: str, text: str) -> str:
    """Who speaks, and how the text begins, in one line."""
    begins = one_line(text[: 4 * _LABEL])
    label = f"{speaker}: {begins}"
    return label if len(label) <= _LABEL else label[: _LABEL - 1].rstrip() + "…"


def _sources(facts: ModelFacts) -> list[str]:
    """Where window and prices are from, with the dates on which they were looked up."""
    sources = []
    if facts.source:
        sources.append(f"Size: {facts.source}{_dated(facts.as_of)}")
    if facts.tariff is not None and facts.tariff.source:
        sources.append(f"Price: {facts.tariff.source}{_dated(facts.tariff.as_of)}")
    return sources


def _dated(day: str) -> str:
    return f", {day}" if day else ""
