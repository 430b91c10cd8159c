"""Ways to have the same question answered differently."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variation:
    """How an answer is to differ from the one before it."""

    label: str
    """A word or two that the answer is marked with."""
    instruction: str
    """What the model is told, in a sentence or two."""


SIMPLER = Variation(
    "simpler",
    "Explain it again, differently and more simply: short sentences, everyday words, and no term "
    "that is not explained.",
)
EXAMPLE = Variation(
    "with an example",
    "Explain it again, differently: by one concrete example that is worked through from beginning "
    "to end.",
)
STEPS = Variation(
    "as steps", "Explain it again, differently: as numbered steps, one thing in each step."
)
ANALOGY = Variation(
    "as an analogy",
    "Explain it again, differently: by an analogy with something from daily life. Say at the end "
    "where the analogy stops being true.",
)
DIFFERENTLY = (SIMPLER, EXAMPLE, STEPS, ANALOGY)
"""In the order of menus."""

CONTINUED = Variation(
    "continued",
    "Your answer was cut. Go on exactly where it ends: repeat nothing, and say nothing about "
    "having been cut.",
)
"""Of an answer that goes on where the one before was cut."""
