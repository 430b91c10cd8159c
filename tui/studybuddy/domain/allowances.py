"""What the student allows one turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studybuddy.domain.limits import Overflow


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the student allows one turn, against what is set."""

    overflow: Overflow | None = None
    """What may happen to what does not fit; `None` for what is set."""
    afresh: bool = False
    """Whether an answer that is kept must not serve."""


NOTHING_ALLOWED = Allowance()
"""What a turn may do against what is set, where the student said nothing: nothing."""
