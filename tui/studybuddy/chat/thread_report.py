"""The detail behind the meter for a thread: what the next run has to read, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.chat.context import entering
from studybuddy.chat.rooms import room_for
from studybuddy.chat.thread_context import instructions_of, model_of
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Message, Role
from studybuddy.domain.metering import ContextReport, Part, PartKind, Place
from studybuddy.domain.money import Cost
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.runs import SearchCall
from studybuddy.domain.text import harmless
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.thread_context import ThreadContext
    from studybuddy.chat.thread_place import ThreadPlace
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.money import ModelFacts

_WIDTH = 60
"""Characters of a label."""
_UNKNOWN = Count(0, exact=False)


async def report(
    place: ThreadPlace, context: ThreadContext, limits: Limits, draft: str, endpoint: Endpoint
) -> ContextReport:
    """What the next run has to read at least: an estimate, for the server makes the requests."""
    try:
        assistant = await place.find_assistant()
    except StudyBuddyError:
        assistant = place.known_assistant  # the rest is known here
    model = model_of(endpoint, assistant)
    head = place.head
    facts = await limits.accounts.facts(endpoint, model)
    room = room_for(facts, head, limits.settings)

    async def count(role: Role, text: str) -> Count:
        return await context.count([(role, text)], model)

    parts: list[Part] = []
    for role, text in instructions_of(head, assistant):
        label = _label("Instructions", text)
        parts.append(Part(PartKind.SYSTEM, label, await count(role, text), Place.SERVER))
    parts.extend(await _tools(assistant, context, model))
    parts.extend(await _notes(place.messages, context, model))
    inside = {message.id for message in entering(place.messages)}
    for message in place.messages:
        who = "You" if message.role is Role.USER else (head.assistant_name or "Assistant")
        parts.append(
            Part(
                PartKind.MESSAGE,
                _label(who, message.text),
                await count(message.role, message.text),
                Place.SERVER if message.id in inside else Place.LEFT_OUT,
                message.id,
                message.pinned,
                message.usage,
            )
        )
    if draft:
        label = _label("What you are writing", draft)
        parts.append(Part(PartKind.DRAFT, label, await count(Role.USER, draft)))
    read = [part.count.tokens for part in parts if part.place is not Place.LEFT_OUT]
    request = Count(sum(read), exact=False)
    return ContextReport(
        tuple(parts),
        request,
        room,
        Overflow.DROP,  # what servers of threads do, whatever is set here
        Cost.of(facts.tariff, Usage(prompt=request.tokens)),
        _longest_answer(facts, room.reserved, request.tokens),
        _sources(facts),
    )


async def _tools(assistant: Assistant | None, context: ThreadContext, model: str) -> list[Part]:
    """What the assistant may use; the server's own tools are described in words of its own."""
    if assistant is None:
        return []
    spec = assistant.spec
    parts = [
        Part(PartKind.TOOLS, tool.value.replace("_", " ").capitalize(), _UNKNOWN, Place.SERVER)
        for tool in sorted(spec.tools)
    ]
    for function in spec.functions:
        told = f"{function.name}\n{function.description}\n{function.parameters}"
        count = await context.count([(Role.SYSTEM, told)], model)
        parts.append(Part(PartKind.TOOLS, f"Function {function.name}", count, Place.SERVER))
    return parts


async def _notes(messages: Sequence[Message], context: ThreadContext, model: str) -> list[Part]:
    """Passages that the last answer's searches found: the next one's may be as long."""
    last = next((m for m in reversed(messages) if m.details is not None), None)
    if last is None or last.details is None:
        return []
    calls = [call for step in last.details.steps for call in step.calls]
    hits = [hit for call in calls if isinstance(call, SearchCall) for hit in call.hits]
    texts = [(Role.SYSTEM, hit.text) for hit in hits if hit.text]
    if not texts:
        return []
    passages = "1 passage" if len(texts) == 1 else f"{len(texts)} passages"
    count = await context.count(texts, model)
    label = f"Notes: {passages}, as found for the last answer"
    return [Part(PartKind.NOTES, label, count, Place.SERVER)]


def _longest_answer(facts: ModelFacts, reserved: int, prompt: int) -> Cost | None:
    """What one answer adds where it fills its reserve, at the prices of a prompt of that size."""
    if facts.tariff is None or not reserved:
        return None
    whole = facts.tariff.cost(Usage(prompt=prompt, completion=reserved))
    return Cost(whole - facts.tariff.cost(Usage(prompt=prompt)), free=facts.tariff.free)


def _sources(facts: ModelFacts) -> str:
    told = [("Size", facts.source, facts.as_of)]
    if facts.tariff is not None:
        told.append(("Price", facts.tariff.source, facts.tariff.as_of))
    return "; ".join(
        f"{what}: {', '.join(part for part in (source, day) if part)}"
        for what, source, day in told
        if source
    )


def _label(who: str, text: str) -> str:
    line = " ".join(harmless(text[: 4 * _WIDTH]).split())
    label = f"{who}: {line}" if line else who
    return label if len(label) <= _WIDTH else f"{label[: _WIDTH - 1].rstrip()}…"
