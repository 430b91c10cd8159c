"""What the layout of messages depends on, and how high one is before it has been laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from studybuddy.domain.messages import Message, Role
from studybuddy.ui.transcript.palette import Palette

if TYPE_CHECKING:
    pass

HEAD = 2
"""Lines above a message's text: a blank one and the name."""
LONG = 40
"""Lines above which a question is folded until the student unfolds it."""
FOLDED = 12
"""Lines of a folded message that are shown."""
_LINE = 100
"""Characters that count as a line of a question that has few line feeds."""


class Keys(NamedTuple):
    """Names of the keys that the transcript tells of."""

    unfold: str = "f"
    thoughts: str = "t"
    go_on: str = ""
    """Has an answer that was cut go on; empty where nothing does."""


_KEYS = Keys()


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
    keys: Keys = _KEYS
    still: bool = False
    """Whether nothing is to change on the screen but the text itself."""
    spoken: bool = False
    """Whether a screen reader says it: names are said as in a play, "You:"."""
    wrap_code: bool = False
    """Whether long lines of code are wrapped, and not scrolled sideways."""


class Around(NamedTuple):
    """What is known of a message beside itself."""

    last: bool
    outside: bool = False
    """Whether the model does not get it any more."""
    version: tuple[int, int] | None = None
    """Which of its alternatives it is, from 1, and how many there are."""
    folded: bool = False
    """Whether only its first lines are shown."""
    thoughts: bool = False
    """Whether its reasoning is shown, and not folded to a line."""
    seconds: float | None = None
    """How long the model thought, where that was seen."""


def is_long(message: Message) -> bool:
    """Tell whether a message is folded at first: a question into which much was pasted."""
    text = message.text
    return message.role is Role.USER and text.count("\n") + len(text) // _LINE >= LONG


def estimate(message: Message, width: int, *, folded: bool = False) -> int:
    """Guess how many lines a message takes at `width`, without looking at it closely."""
    text = message.text
    lines = text.count("\n") + len(text) // width + 1
    if folded:
        lines = min(lines, FOLDED) + 1
    return HEAD + bool(message.reasoning) + lines
