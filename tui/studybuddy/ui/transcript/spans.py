"""What a line of Markdown becomes: runs of text, and how each is marked."""

from __future__ import annotations

from typing import NamedTuple

STRONG = 1
EMPHASIS = 2
STRIKE = 4
CODE = 8
LINK = 16
ADDRESS = 32
"""The visible address of a link, after its label."""
IMAGE = 64
CITATION = 128
"""A mark such as [1], whose `url` says which citation it is."""
MATHS = 256
"""A formula as it reads; its `url` has its LaTeX."""
PICTURE = "picture:"
"""Before the `url` of an image that no click opens: a path, or data."""


class Span(NamedTuple):
    """A run of text with the same marks; a line feed in it is a line break."""

    text: str
    marks: int = 0
    """A sum of STRONG, EMPHASIS and the others above."""
    url: str = ""
    """Where a click leads; empty for none. Only http, https and mailto addresses get here, and
    what `citations.target` makes, formulas, and images."""


Spans = tuple[Span, ...]
