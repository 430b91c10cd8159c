"""Where JSON in a text ends."""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r'["{}\[\]]')
_INSIDE = re.compile(r'["\\]')
_CLOSING = {"{": "}", "[": "]"}


class JsonEnd:
    """Looks for the end of the JSON value at a place, going on from where it was."""

    def __init__(self, start: int) -> None:
        """Begin at a bracket."""
        self.start = start
        self._at = start
        self._open: list[str] = []
        self._quoted = False
        self._end: int | None = None

    def find(self, text: str) -> int | None:
        """Where the value ends in a text that has only grown; `None` where it goes on."""
        while self._end is None:
            found = (_INSIDE if self._quoted else _OUTSIDE).search(text, self._at)
            if found is None:
                self._at = max(self._at, len(text))
                return None
            self._at = found.end()
            match found[0]:
                case "\\":
                    self._at += 1
                case '"':
                    self._quoted = not self._quoted
                case "{" | "[":
                    self._open.append(_CLOSING[found[0]])
                case _:
                    self._open = self._open[:-1]
                    if not self._open:
                        self._end = self._at
        return self._end

    @property
    def missing(self) -> str:
        """The brackets that are yet to come."""
        return "".join(reversed(self._open))


def closed(text: str) -> str:
    """A JSON text up to its last brace, with the brackets that are missing behind it."""
    text = text[: text.rfind("}") + 1]
    end = JsonEnd(0)
    end.find(text)
    return text + end.missing
