"""Words as often as in any language: the one of rank n with a frequency of about 1/n."""

from __future__ import annotations

import random
from collections.abc import Sequence

_SIZE = 20_000
_PARTS = "ba ce di fo gu la me ni por ra sen ti vo xe zan kri plo sta tru quel"
_SYLLABLES = _PARTS.split()


def vocabulary(chance: random.Random) -> list[str]:
    """Words, the frequent ones first."""
    words: dict[str, None] = {}
    while len(words) < _SIZE:
        words["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4)))] = None
    return list(words)


def drawn(chance: random.Random, words: Sequence[str], count: int) -> list[str]:
    """Some words, each as often as Zipf found."""
    return [words[int(len(words) ** chance.random()) - 1] for _ in range(count)]
