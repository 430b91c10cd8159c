"""Laying out code blocks, also while they are written."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment

from studybuddy.ui.transcript.highlight import Highlighter, TokenLine
from studybuddy.ui.transcript.lines import NOT_COPIED, Line, cut
from studybuddy.ui.transcript.palette import Palette
from studybuddy.ui.transcript.wrap import cells, measurable, wrap

CONTINUED = "↪ "
"""Stands before the rest of a line that is wrapped; it is not copied."""
TAB = 4
_PROSE = frozenset(
    {"", "text", "txt", "plain", "plaintext", "markdown", "md", "email", "mail", "prompt"}
)
"""Languages of blocks in which models mostly put what is to be read as text: it is wrapped."""


class CodeLayout:
    """The lines of one code block; those that did not change stay the same objects."""

    def __init__(
        self,
        language: str,
        palette: Palette,
        width: int,
        at: int,
        code: int,
        *,
        wrap_all: bool = False,
    ) -> None:
        """`at` is where its copy text begins, `code` its place among the section's blocks.

        Long lines of code are as wide as they are, for the pane to scroll them sideways; those of
        text, or with `wrap_all` of any block, are wrapped.
        """
        self.language = language
        self._wraps = wrap_all or language in _PROSE
        self.at = at
        self._code = code
        self._palette = palette
        self._width = width
        self._highlighter = Highlighter(language)
        self._tokens: list[TokenLine] = []
        self._ends: list[int] = []  # for each source line: how many lines there are up to it
        self._starts: list[int] = []  # for each source line: where it begins in the copy text
        self._lines: list[Line] = []
        self.copy = ""
        """Its text as it is copied, without a line feed at the end."""
        if language:
            self._lines.append(self._label(language))

    def update(self, text: str, *, growing: bool = False) -> list[Line]:
        """Return the lines for `text`; with `growing` it begins with the text of the last call."""
        text = measurable(text.expandtabs(TAB))
        self.copy = text
        find = self._highlighter.growing if growing else self._highlighter.whole
        tokens = find(text)
        same = 0
        for new, old in zip(tokens, self._tokens, strict=False):
            if new is not old and new != old:
                break
            same += 1
        self._keep(same)
        start = self._starts[-1] + _length(self._tokens[-1]) + 1 if same else self.at
        for line in tokens[same:]:
            self._starts.append(start)
            self._lines.extend(self._wrapped(line, start))
            self._ends.append(len(self._lines))
            start += _length(line) + 1
        self._tokens = tokens
        return self._lines

    def _keep(self, count: int) -> None:
        head = 1 if self.language else 0
        del self._lines[self._ends[count - 1] if count else head :]
        del self._ends[count:]
        del self._starts[count:]
        del self._tokens[count:]

    def _wrapped(self, tokens: TokenLine, start: int) -> list[Line]:
        pieces = [text for text, _ in tokens]
        styles = [self._palette.syntax(kind) for _, kind in tokens]
        if any(measurable(piece) != piece for piece in pieces):
            pieces, styles = ["".join(pieces)], [self._palette.code]
        room = max(2, self._width - 2)
        if not self._wraps or sum(map(cells, pieces)) <= room:
            return [self._framed(cut(pieces, styles, (0, sum(map(len, pieces))), start))]
        anywhere = self.language not in _PROSE
        first = wrap(pieces, room, anywhere=anywhere)[0]
        lines = [self._framed(cut(pieces, styles, first, start))]
        skipped = first[1]
        if not anywhere:
            text = "".join(pieces)
            skipped = len(text) - len(text[skipped:].lstrip(" "))
        rest = _from(pieces, skipped)
        if not any(rest):
            return lines
        mark = Segment(CONTINUED, self._palette.code_label)
        for begin, end in wrap(rest, max(2, room - len(CONTINUED)), anywhere=anywhere):
            line = cut(pieces, styles, (begin + skipped, end + skipped), start)
            lines.append(self._framed(line.behind(mark)))
        return lines

    def _framed(self, line: Line, *, slides: bool = True) -> Line:
        palette = self._palette
        left = Segment("│" if palette.code_is_framed else " ", palette.code_label)
        slides = slides and not self._wraps
        fill = max(1 if slides else 0, self._width - line.width - 1)
        segments = [left, *line.segments, Segment(" " * fill, palette.code)]
        offsets = [NOT_COPIED, *line.offsets, NOT_COPIED]
        slide = 1 if slides else -1
        return Line(segments, offsets, line.width + 1 + fill, line.at, self._code, slide)

    def _label(self, language: str) -> Line:
        room = max(1, self._width - 2)
        shown = measurable(language)[:40]
        while cells(shown) > room:
            shown = shown[:-1]
        label = Segment(shown, self._palette.code_label)
        return self._framed(Line([label], [NOT_COPIED], cells(shown), self.at), slides=False)


def _length(tokens: TokenLine) -> int:
    return sum([len(text) for text, _ in tokens])


def _from(pieces: Sequence[str], start: int) -> list[str]:
    rest: list[str] = []
    for piece in pieces:
        rest.append(piece[start:] if start < len(piece) else "")
        start = max(0, start - len(piece))
    return rest
