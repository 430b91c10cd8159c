"""Where a text can be cut so that its parts have, together, exactly the tokens of the whole.

tiktoken first splits a text by its encoding's regular expression and then encodes each match by
itself. So a cut is safe where a match always ends there, and where neither side's matches depend
on what the other side holds. The expressions of o200k_base and cl100k_base look back at nothing,
and ahead only at the end of a run of blanks. From what their alternatives can hold follows that a
match always ends, whatever stands around it,

- between anything but white space and a space: a match has a space only at its beginning or
  among other white space;
- between a line feed and anything but white space and "/", the one character that follows line
  feeds within a match;
- between a letter and punctuation, but for the apostrophe of a contraction: what continues a
  word is letters, marks and contractions;
- between letters and digits, which no match has together.

Each of these is told by the two characters beside the cut alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PIECE = 256
"""Characters of a piece at least, where there is more text: few enough to be counted anew with
each key, and enough for a long text to have few of them."""

# White space is more in Python than in tiktoken, letters and digits are fewer at most: a place
# that is found is safe for both. Neither half of a surrogate pair is cut off: none precedes
# anything but a space.
_CUT = re.compile(
    r"\S(?= )"
    r"|\n(?=[^\s/])"
    r"|[^\W\d_](?=[!-&(-/:-@\[-`{-~。，、！？：；])"
    r"|[A-Za-z](?=[0-9])"
    r"|[0-9](?=[A-Za-z])"
)
_WINDOW = 8192  # characters of one search, which holds the interpreter's lock


def cut_after(text: str, start: int) -> int | None:
    """The first place after `start` at which `text` can be cut; `None` where there is none."""
    for begin in range(start, len(text), _WINDOW):
        found = _CUT.search(text, begin, begin + _WINDOW + 1)
        if found is not None:
            return found.end()
    return None


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """The parts of a text, each of `size` characters or, where it can't be cut, a few more."""
    start = 0
    while len(text) - start > size:
        end = cut_after(text, start + size - 1)
        if end is None:
            break
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]
