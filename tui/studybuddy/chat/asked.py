"""What a turn asks, told from the branch that is shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studybuddy.chat.stored import answer_to
from studybuddy.domain.messages import Message, MessageState, Role, new_id
from studybuddy.domain.tree import came_to_nothing
from studybuddy.domain.variations import CONTINUED

if TYPE_CHECKING:
    from studybuddy.chat.seam import Seam
    from studybuddy.domain.variations import Variation


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn that is about to begin."""

    question: Message
    replaced: tuple[Message, ...] = ()
    """The end of the shown branch that leaves it for this turn."""
    anew: bool = False
    """Whether the question is one that is in the branch already."""
    variation: Variation | None = None
    """How the answer is to differ from the one before."""
    earlier: Message | None = None
    """That answer: the model is shown it, for this request only."""
    goes_on: bool = False
    """Whether the answer goes on where that one was cut."""

    @property
    def beginning(self) -> str:
        """What the answer begins with, where it goes on with the one before; else empty."""
        return self.earlier.text if self.earlier is not None and self.goes_on else ""


def asking(messages: Sequence[Message], text: str) -> Asked:
    """A turn that asks `text` after a branch.

    A turn before it that asked the same and came to nothing is replaced by this one; where it
    was word for word the same, that question is asked again.
    """
    if len(messages) > 1 and messages[-2].role is Role.USER and came_to_nothing(messages[-1]):
        asked = messages[-2]
        if asked.text == text:
            return Asked(asked, (messages[-1],), anew=True)
        if asked.text.strip() == text.strip():
            return Asked(_question(text, asked.parent_id), tuple(messages[-2:]))
    return Asked(_question(text, messages[-1].id if messages else None))


def asking_again(
    messages: Sequence[Message], message_id: str = "", variation: Variation | None = None
) -> Asked:
    """A turn that asks a question again; what follows it stays as a branch.

    Args:
        messages: the branch.
        message_id: the question, or what answered it; empty for the last question.
        variation: how the answer is to differ from the one it has.

    Raises:
        ValueError: where there is no such question.
    """
    end = _place(messages, message_id) if message_id else len(messages) - 1
    place = next((n for n in range(end, -1, -1) if messages[n].role is Role.USER), None)
    if place is None:
        raise ValueError("there is no question to ask again")
    after = tuple(messages[place + 1 :])
    earlier: Message | None = None
    if variation is not None:
        answers = messages[end : end + 1] if end > place else after[:1]
        earlier = next((m for m in answers if m.role is Role.ASSISTANT and m.text), None)
    return Asked(messages[place], after, anew=True, variation=variation, earlier=earlier)


def asking_otherwise(messages: Sequence[Message], message_id: str, text: str) -> Asked:
    """A turn that asks a question in other words; it stays with what follows it as a branch.

    Raises:
        ValueError: where there is no such question, or the text is blank.
    """
    place = _place(messages, message_id)
    if messages[place].role is not Role.USER:
        raise ValueError("only a question can be asked in other words")
    if not text.strip():
        raise ValueError("there is nothing to ask")
    return Asked(_question(text, messages[place].parent_id), tuple(messages[place:]))


def going_on(messages: Sequence[Message]) -> Asked:
    """A turn that goes on with the last answer, which was cut; that stays as it is.

    Raises:
        ValueError: where the last answer was not cut.
    """
    if len(messages) < 2 or not is_cut(messages[-1]) or messages[-2].role is not Role.USER:
        raise ValueError("there is no answer to go on with")
    question, cut = messages[-2:]
    return Asked(question, (cut,), anew=True, variation=CONTINUED, earlier=cut, goes_on=True)


def with_variation(branch: Sequence[Message], asked: Asked) -> list[Message]:
    """The branch that a chat completion is asked with, where the answer is to be another.

    The answer that it is to differ from comes after the question, and what is wanted of it in
    the student's role: there, templates of all models take it. Neither is left out where the
    conversation is too long.
    """
    if asked.variation is None:
        return list(branch)
    *before, question = branch
    wanted, earlier = asked.variation.instruction, asked.earlier
    if earlier is None:
        return [*before, replace(question, text=f"{question.text}\n\n{wanted}")]
    seen = replace(earlier, state=MessageState.COMPLETE, pinned=True)
    return [*before, question, seen, Message("", Role.USER, wanted, time.time(), earlier.id)]


def place_for(asked: Asked, model: str = "") -> Message:
    """The place of a turn's answer: marked with how it is wanted, begun where it goes on."""
    label = asked.variation.label if asked.variation is not None else ""
    return replace(answer_to(asked.question, model), variation=label, text=asked.beginning)


def is_cut(answer: Message) -> bool:
    """Whether there would have been more of an answer."""
    if answer.role is not Role.ASSISTANT or not answer.text:
        return False
    if answer.state is MessageState.COMPLETE:
        return answer.finish_reason == "length"
    return answer.state is not MessageState.STREAMING


def seam_of(asked: Asked) -> Seam:
    """What joins what comes to the answer that is gone on with."""
    from studybuddy.chat.seam import Seam

    return Seam(asked.beginning, asked.question.text)


def comes_back(asked: Asked, answer: Message) -> bool:
    """Whether what left the branch is to be shown again, for nothing came in its place."""
    if not asked.anew or not came_to_nothing(answer):
        return False
    return not all(came_to_nothing(message) for message in asked.replaced)


def _question(text: str, parent_id: str | None) -> Message:
    return Message(new_id(), Role.USER, text, time.time(), parent_id)


def _place(messages: Sequence[Message], message_id: str) -> int:
    for place, message in enumerate(messages):
        if message.id == message_id:
            return place
    raise ValueError("there is no such message in the branch that is shown")
