"""The detail behind the meter for a thread: what the next run has to read, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.context import entering, with_coming
from studybuddy.chat.next_request import within
from studybuddy.chat.rooms import answer_cost, room_for
from studybuddy.chat.thread_context import instructions_of, model_of
from studybuddy.chat.thread_parts import functions_of, passages_of
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Message, Role
from studybuddy.domain.metering import ContextReport, Part, PartKind, Place
from studybuddy.domain.money import Cost
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import one_line
from studybuddy.domain.usage import Count, Usage

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits
    from studybuddy.chat.thread_place import ThreadPlace
    from studybuddy.chat.weighing import Scales
    from studybuddy.domain.assistants import Assistant
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Conversation
    from studybuddy.domain.money import ModelFacts

_WIDTH = 60
"""Characters of a label."""
_UNKNOWN = Count(0, exact=False)


async def report(
    place: ThreadPlace, limits: Limits, draft: str, endpoint: Endpoint, coming: str = ""
) -> ContextReport:
    """What the next run has to read at least: an estimate, for the server makes the requests.

    A turn under way is taken as if its answer ended with `coming`, what there is of it by now.
    """
    messages = with_coming(place.messages, coming)
    assistant = place.known_assistant
    if assistant is None:
        with suppress(StudyBuddyError):  # the rest is known here
            assistant = await place.find_assistant()
    head, accounts = place.head, limits.accounts
    model = model_of(accounts.names, endpoint, assistant)
    facts = await accounts.facts(endpoint, model)
    room = room_for(facts, head, limits.settings)
    scales = limits.fitter.scales
    told = [
        Part(
            PartKind.SYSTEM,
            _label("Instructions", text),
            await _of(scales, text, model),
            text=text,
        )
        for _, text in instructions_of(head, assistant)
    ]
    told += await _tools(assistant, scales, model)
    told += await _notes(messages, scales, model)
    parts = [replace(part, place=Place.SERVER) for part in told]
    inside = {message.id for message in entering(messages)}
    for message in messages:
        who = "You" if message.role is Role.USER else (head.assistant_name or "Assistant")
        parts.append(
            Part(
                PartKind.MESSAGE,
                _label(who, message.text),
                await _of(scales, message.text, model),
                Place.SERVER if message.id in inside else Place.LEFT_OUT,
                message.id,
                message.pinned,
                message.usage,
                message.text,
            )
        )
    if draft:
        label = _label("What you are writing", draft)
        parts.append(Part(PartKind.DRAFT, label, await _of(scales, draft, model), text=draft))
    asked = [*messages, Message("", Role.USER, draft, 0.0)] if draft else messages
    whole = await _request(head, assistant, asked, scales, model)
    texts = sum(part.count.tokens for part in parts if part.place is not Place.LEFT_OUT)
    overhead = Count(max(0, whole.tokens - texts), exact=False)
    parts.append(Part(PartKind.OVERHEAD, "What the chat format adds", overhead))
    request = within(whole, room, drops=True)
    return ContextReport(
        tuple(parts),
        request,
        room,
        Overflow.DROP,  # what servers of threads do, whatever is set here
        Cost.of(facts.tariff, Usage(prompt=request.tokens)),
        answer_cost(facts, request.tokens, room.reserved),
        _sources(facts),
    )


async def _request(
    head: Conversation,
    assistant: Assistant | None,
    asked: Sequence[Message],
    scales: Scales,
    model: str,
) -> Count:
    """All that the next run reads, as the meter counts it."""
    told = [text for _, text in functions_of(assistant)] + passages_of(asked)
    messages = [(message.role, message.text) for message in entering(asked)]
    first = [*instructions_of(head, assistant), *((Role.SYSTEM, text) for text in told)]
    counts = await scales.of([*first, *messages], model)
    return replace(sum(counts, await scales.priming(model)), exact=False)


async def _of(scales: Scales, text: str, model: str) -> Count:
    """Tokens of a text; an estimate, for the server makes the requests."""
    return replace(await scales.text(text, model), exact=False)


async def _tools(assistant: Assistant | None, scales: Scales, model: str) -> list[Part]:
    """What the assistant may use; the server's own tools are described in words of its own."""
    if assistant is None:
        return []
    parts = [
        Part(PartKind.TOOLS, tool.value.replace("_", " ").capitalize(), _UNKNOWN)
        for tool in sorted(assistant.spec.tools)
    ]
    for name, told in functions_of(assistant):
        size = await _of(scales, told, model)
        parts.append(Part(PartKind.TOOLS, f"Function {name}", size, text=told))
    return parts


async def _notes(messages: Sequence[Message], scales: Scales, model: str) -> list[Part]:
    """Passages that the last answer's searches found: the next one's may be as long."""
    texts = passages_of(messages)
    if not texts:
        return []
    passages = "1 passage" if len(texts) == 1 else f"{len(texts)} passages"
    label = f"Notes: {passages}, as found for the last answer"
    counts = [await _of(scales, text, model) for text in texts]
    return [Part(PartKind.NOTES, label, sum(counts, _UNKNOWN), text="\n\n".join(texts))]


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
    line = one_line(text[: 4 * _WIDTH])
    label = f"{who}: {line}" if line else who
    return label if len(label) <= _WIDTH else f"{label[: _WIDTH - 1].rstrip()}…"
