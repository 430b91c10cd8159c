"""Code fences as CommonMark has them, for the parts that read a text line by line."""

from __future__ import annotations

import re
from typing import NamedTuple

from studybuddy.ui.transcript.markdown import language_of

_OPENING = re.compile(r"(`{3,})([^`\n]*)$|(~{3,})([^\n]*)$")


class Fence(NamedTuple):
    """A fence that was opened at the left edge."""

    marker: str
    """The three or more characters that opened it."""
    language: str

    def is_closed_by(self, line: str) -> bool:
        """Tell whether `line` (without its line feed) ends the code."""
        rest = line.lstrip(" ")
        if len(line) - len(rest) > 3 or not rest.startswith(self.marker):
            return False
        return not rest.lstrip(self.marker[0]).strip(" \t")

    def may_be_closed_by(self, beginning: str) -> bool:
        """Tell whether a line that begins so could still become the end of the code."""
        rest = beginning.strip(" ")
        return len(beginning) < 80 and set(rest) == {self.marker[0]}


def opened_by(line: str) -> Fence | None:
    """Return the fence that `line` (without its line feed) opens, if it does at the left edge.

    A line with "|" in it is left to the parser: it may be the header of a table.
    """
    if not line.startswith(("```", "~~~")) or "|" in line:
        return None
    match = _OPENING.match(line)
    if match is None:
        return None
    return Fence(match[1] or match[3], language_of(match[2] or match[4] or ""))
