"""Where formulas begin and end in Markdown: rules for its parser, and what is no formula.

Dollars follow pandoc's rule, so that "$5 and $10" stays text: no space inside of either, no digit
behind the second. What stands between has to look like mathematics.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

URL = "formula:"
"""Begins what a formula's span has in the place of an address; its LaTeX follows."""
FENCES = frozenset({"math", "latex", "tex", "katex"})
"""Languages of code that is shown as a formula where it can be read as one."""

LONGEST = 1_500
"""Characters of a formula in running text; a longer one is text."""
_MOST_LINES = 60
_SIGNS = re.compile(r"[\\^_={}<>+]")
_PROSE = re.compile(r"(?:^|[\s,\d(])[^\W\d_]*[a-zß-ÿ]{2,}")
_LONGEST_NAME = 4
"""Letters of a word that may be a product, or points in the plane: ABCD."""
_SURELY = re.compile(r"\\[A-Za-z]|[\^_=+<>]|^\s*\S{1,3}\s*$")
_OPENING = re.compile(r"\$|\\[(\[]")
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|align|alignat|flalign|gather|multline|eqnarray|displaymath|math"
    r"|aligned|gathered|split|cases|[pbvBV]?matrix)\*?)\}"
)
_END = r"[.,;:!?]?\s*$"
_ENDS = {"$$": re.compile(r"\$\$" + _END), "\\[": re.compile(r"\\\]" + _END)}


class Formula(NamedTuple):
    """A formula in a text."""

    end: int
    """Where the text goes on."""
    source: str
    """Its LaTeX, without what encloses it."""


def has_formulas(text: str) -> bool:
    """Tell whether there is a formula in `text`, be it in code."""
    return any(formula_at(text, found.start(), len(text)) for found in _OPENING.finditer(text))


def formula_at(text: str, start: int, stop: int) -> Formula | None:
    """Return the formula that begins at `start` and ends before `stop`, if one does."""
    if text[start] == "$":
        return _between_dollars(text, start, stop)
    opening = text[start : start + 2]
    closing = {"\\(": "\\)", "\\[": "\\]"}.get(opening)
    if closing is None:
        return None
    end = text.find(closing, start + 2, min(stop, start + LONGEST))
    if end < 0:
        return None
    source = text[start + 2 : end].strip()
    if opening == "\\[" and not _SURELY.search(source):
        return None
    return Formula(end + 2, source) if _is_maths(source) else None


def _between_dollars(text: str, start: int, stop: int) -> Formula | None:
    marker = "$$" if text.startswith("$$", start) else "$"
    begin = start + len(marker)
    if begin >= stop or (marker == "$" and text[begin].isspace()) or text[begin] == "$":
        return None
    end = begin
    while (end := text.find("$", end, min(stop, start + LONGEST))) >= 0:
        if text[end - 1] != "\\":
            break
        end += 1
    if end < 0 or not text.startswith(marker, end) or end + len(marker) > stop:
        return None
    after = text[end + len(marker) : end + len(marker) + 1]
    if marker == "$" and (text[end - 1].isspace() or after.isdigit() or after == "$"):
        return None
    source = text[begin:end].strip()
    return Formula(end + len(marker), source) if _is_maths(source) else None


def _is_maths(source: str) -> bool:
    if not source or "`" in source or "【" in source or "\n\n" in source:
        return False
    if _SIGNS.search(source):
        return True
    if source.isalpha():
        return len(source) <= _LONGEST_NAME
    return not any(space in source for space in " \n\t") or not _PROSE.search(source)


def fenced(text: str) -> str:
    """Return the formula of a fence, without what encloses it; empty where there is none."""
    source = text.strip()
    for opening, closing in (("$$", "$$"), ("\\[", "\\]"), ("$", "$"), ("\\(", "\\)")):
        if source.startswith(opening) and source.endswith(closing) and len(source) > 4:
            source = source[len(opening) : -len(closing)].strip()
            break
    if "$" in source or "\n\n" in source or not _SIGNS.search(source):
        return ""
    return source


def add_rules(parser: MarkdownIt) -> None:
    """Have the parser give `math_block` and `math_inline` tokens."""
    parser.block.ruler.before(
        "fence", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    add_inline_rule(parser)


def add_inline_rule(parser: MarkdownIt) -> None:
    """Have the parser give `math_inline` tokens."""
    parser.inline.ruler.before("escape", "math_inline", _inline)


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    formula = formula_at(state.src, state.pos, state.posMax)
    if formula is None:
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = formula.source
        token.markup = state.src[state.pos : formula.end]
    state.pos = formula.end
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take a formula that stands by itself: from its opening line to the line that ends it.

    While a text is still being written, one that has no end yet goes to the end of it.
    """
    position = state.bMarks[start] + state.tShift[start]
    first = state.src[position : state.eMarks[start]]
    if first[:1] not in ("$", "\\") or state.is_code_block(start):
        return False
    opening, ending = _edges(first)
    if ending is None:
        return False
    growing = bool(state.env.get("growing"))
    last_line = state.src.count("\n") if growing else -1  # the one that may still go on
    number = start
    line = first[len(opening) :]
    while not (found := ending.search(line)) or number == last_line:
        number += 1
        if found is not None or number >= end:
            break
        begin = state.bMarks[number] + state.tShift[number]
        line = state.src[begin : state.eMarks[number]]
        negative = state.sCount[number] < state.blkIndent
        if not line.strip() or negative or number - start > _MOST_LINES or "```" in line:
            return False
        if opening == "$$" and "$$" in line:
            at_end = ending.search(line)
            if at_end is None or at_end.start() != line.find("$$"):
                return False
    closed = found is not None and number < end and number != last_line
    if not closed and not (growing and number >= last_line):
        return False
    stop = number + 1 if closed else end
    markup = state.getLines(start, stop, state.sCount[start], False)
    source = markup if "begin" in opening else markup[len(opening) :]
    if closed:
        source = source if "begin" in opening else ending.sub("", source)
        if not _SURELY.search(source) and (opening == "\\[" or not _is_maths(source.strip())):
            return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.content = source.strip() if closed else ""
        token.markup = markup
        token.map = [start, stop]
        state.line = stop
    return True


def _edges(first: str) -> tuple[str, re.Pattern[str] | None]:
    """Return what opens a formula on its first line, and what will end it."""
    opening = first[:2]
    if opening in _ENDS:
        rest = first[2:]
        end = _ENDS[opening].search(rest)
        inside = rest if end is None else rest[: end.start()]
        # More than one on a line, or text behind it: they stand in running text.
        if ("$$" if opening == "$$" else "\\]") in inside or (opening == "$$" and rest[:1] == "$"):
            return "", None
        return opening, _ENDS[opening]
    if found := _ENVIRONMENT.match(first):
        return found[0], re.compile(re.escape(f"\\end{{{found[1]}}}") + _END)
    return "", None
