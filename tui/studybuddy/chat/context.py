"""What of a conversation goes into a request: pure rules, without counting anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Message, MessageState, Role

if TYPE_CHECKING:
    from studybuddy.domain.messages import Conversation

_STEADY = 0.75
"""Share of the room that is left in use where a steady beginning is wanted: the rest is filled
by the turns that follow, with the beginning as it is."""


Opening = tuple[tuple[Role, str], ...]
"""Role and text of what stands before all messages: system prompt, and examples in pairs."""


def opening_of(head: Conversation) -> Opening:
    """What a conversation's requests begin with, in completion mode."""
    system = ((Role.SYSTEM, head.system_prompt),) if head.system_prompt else ()
    if not head.examples:
        return system
    shots = ((shot.question, shot.answer) for shot in head.examples)
    return *system, *(pair for q, a in shots for pair in ((Role.USER, q), (Role.ASSISTANT, a)))


def request_messages(opening: Opening, messages: Sequence[Message]) -> tuple[tuple[Role, str], ...]:
    """Role and text of what the model is shown where all of it fits."""
    return *opening, *((message.role, message.text) for message in entering(messages))


def entering(messages: Sequence[Message]) -> Iterator[Message]:
    """The messages that a context is made of, oldest first.

    A question whose answer failed, was stopped or broke off leaves the context with that
    answer; one whose answer was deleted stays, as it stays on screen, and so does one that ends
    `messages`: it is the one being asked.
    """
    for message, follower in zip_longest(messages, messages[1:]):
        if message.state is not MessageState.COMPLETE:
            continue
        if (
            message.role is Role.USER
            and follower is not None
            and follower.role is Role.ASSISTANT
            and follower.state is not MessageState.COMPLETE
        ):
            continue
        yield message


def with_coming(messages: Sequence[Message], text: str) -> Sequence[Message]:
    """The messages as if the answer that is coming, if one is, ended with the text so far.

    Before its first word, its question ends them.
    """
    if not messages or messages[-1].state is not MessageState.STREAMING:
        return list(messages)
    if not text:
        return messages[:-1]
    return [*messages[:-1], replace(messages[-1], text=text, state=MessageState.COMPLETE)]


def turns_of(messages: Sequence[Message]) -> list[tuple[Message, ...]]:
    """The messages that enter the context, each question together with what answers it.

    Answers before the first question are a turn of their own.
    """
    turns: list[list[Message]] = []
    for message in entering(messages):
        if message.role is Role.USER or not turns:
            turns.append([])
        turns[-1].append(message)
    return [tuple(turn) for turn in turns]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what answers it, which enter the context and leave it together."""

    messages: tuple[Message, ...]
    sizes: tuple[int, ...]
    """Prompt tokens of each message."""
    gap: bool = False
    """Whether a message that one of them follows was deleted."""

    @property
    def tokens(self) -> int:
        """Prompt tokens of all its messages."""
        return sum(self.sizes)

    @property
    def asked(self) -> int:
        """Prompt tokens of its first message, which is all that there is while it is asked."""
        return self.sizes[0]

    @property
    def pinned(self) -> bool:
        """Whether it stays where older turns are dropped."""
        return any(message.pinned for message in self.messages)


def staying(turns: Sequence[Turn], cut: int) -> Iterator[Turn]:
    """The turns that are left where the first `cut` ones go, but for those that are pinned."""
    return (turn for place, turn in enumerate(turns) if place >= cut or turn.pinned)


def tokens_of(turns: Sequence[Turn], base: int, cut: int = 0) -> int:
    """Prompt tokens of a request: of what stays of the turns, and `base` beside them."""
    return base + sum(turn.tokens for turn in staying(turns, cut))


def cut_to_fit(turns: Sequence[Turn], base: int, room: int, *, steady: bool = False) -> int | None:
    """How many of the oldest turns must go so that the rest fits; `None` where that is no help.

    The last turn, which is the question, always stays, and so do pinned ones.

    Args:
        turns: of the conversation, oldest first.
        base: prompt tokens beside the turns: the system prompt's, and a request's own.
        room: prompt tokens that a request may have.
        steady: whether requests are to begin the same for as long as possible. Turns then go
            in bigger steps, as many as leave a quarter of the room free, and the next go when
            that is filled up. Where that was, is found from the turns themselves: nothing but
            the conversation decides, so that the beginning is the same after a restart too.
    """
    if not turns:
        return 0 if base <= room else None
    first = 0 if steady else len(turns) - 1
    cut, inside = 0, tokens_of(turns[:first], base)
    for place in range(first, len(turns)):
        asked = turns[place].asked if place < len(turns) - 1 else turns[place].tokens
        if inside + asked > room:
            cut, inside = _step(turns[:place], cut, inside, room - asked, room, steady=steady)
        inside += turns[place].tokens
    return cut if inside <= room else None


def _step(
    turns: Sequence[Turn], cut: int, inside: int, room: int, whole: int, *, steady: bool
) -> tuple[int, int]:
    """A later cut, with the tokens that are inside after it."""
    goals = (room - int(whole * (1 - _STEADY)), room) if steady else (room,)
    for goal in goals:
        place, left = cut, inside
        while left > goal and place < len(turns):
            if not turns[place].pinned:
                left -= turns[place].tokens
            place += 1
        if left <= goal:
            return place, left
    return place, left
