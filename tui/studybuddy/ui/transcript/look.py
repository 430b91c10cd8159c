"""What the layout of messages depends on, and how high one is before it has been laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.ui.transcript.palette import Palette

if TYPE_CHECKING:
    from studybuddy.domain.runs import Citation

HEAD = 2
"""Lines above a message's text: a blank one and the name."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the layout of all messages depends on."""

    width: int
    """Cells for the text of a message."""
    palette: Palette
    user_name: str = "You"
    assistant_name: str = "Study Buddy"
    hint: str = ""
    """What to do about a failed answer, shown below the error of the last message."""


def citations_of(message: Message) -> tuple[Citation, ...]:
    """Return the citations that a message shows: those of an answer that is finished."""
    if message.details is None or message.role is not Role.ASSISTANT:
        return ()
    return () if message.state is MessageState.STREAMING else message.details.citations


def estimate(message: Message, width: int) -> int:
    """Guess how many lines a message takes at `width`, without looking at it closely."""
    text = message.text
    return HEAD + text.count("\n") + len(text) // width + 1
