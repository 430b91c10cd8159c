"""Which sentences of a small model's answer rest on the notes that it was given."""

from __future__ import annotations

import re
from collections.abc import Sequence

from studybuddy.engine.asking.notes import Sentence, stems

_SHARE = 0.85
"""Share of a sentence's words that the notes or the question must have."""
_FEWEST = 3  # words that mean something
_MOST = 2  # sentences
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def grounded(text: str, notes: Sequence[Sentence], question: str) -> str:
    """The sentences of an answer that say nothing of their own, and more than one quote does.

    Measured with the built-in model on 24 questions about study notes: its own first sentence
    was right 5 times, the sentences of the notes given to it 16 times. What it adds is mostly
    made up, so that only what it puts together from the notes is kept.
    """
    quoted = [set(stems(note.text)) for note in notes]
    known = set(stems(question)).union(*quoted)
    kept: list[str] = []
    for sentence in _END.split(text.strip()):
        words = set(stems(sentence))
        if len(words) < _FEWEST or not sentence.endswith((".", "!")):
            continue
        if len(words & known) < _SHARE * len(words):
            continue
        if any(len(words & quote) >= 0.8 * len(words | quote) for quote in quoted):
            continue  # a quote over again
        if words <= set(stems(question)):
            continue  # the question over again
        kept.append(sentence)
    return " ".join(kept[:_MOST])
