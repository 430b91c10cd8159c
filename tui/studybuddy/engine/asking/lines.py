"""The line at which a streamed text stands."""

from __future__ import annotations


class Line:
    """What was shown of a line."""

    def __init__(self, *, is_blank: bool = True, has_code: bool = False, last: str = "") -> None:
        """Begin one."""
        self.is_blank = is_blank
        self.has_code = has_code
        """Whether there is a backtick in it."""
        self.last = last
        """Its last character."""

    def add(self, text: str) -> None:
        """Go on with a text."""
        _, newline, line = text.rpartition("\n")
        if newline:
            self.is_blank, self.has_code, self.last = True, False, ""
        self.is_blank = self.is_blank and not line.strip()
        self.has_code = self.has_code or "`" in line
        self.last = line[-1:] or self.last

    def then(self, text: str) -> Line:
        """The line as it would be after a text."""
        line = Line(is_blank=self.is_blank, has_code=self.has_code, last=self.last)
        line.add(text)
        return line
