"""Code -> tokens of a few kinds, line by line, also while the code is still being written."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Token = tuple[str, str]
"""Text and kind: "" or the end of a `code_…` field of the palette."""
TokenLine = tuple[Token, ...]

LIMIT = 30_000
"""Characters of a block that are highlighted; what follows is plain."""
_WINDOW = 20
"""Lines after which the beginning of unfinished code may be closed."""
_OVERLAP = 8
"""Lines that must come out the same with and without what was before them."""

_KINDS = {
    ("Comment",): "comment",
    ("Comment", "Preproc"): "builtin",
    ("Comment", "PreprocFile"): "string",
    ("Keyword",): "keyword",
    ("Keyword", "Type"): "builtin",
    ("Keyword", "Constant"): "number",
    ("Literal",): "string",
    ("Literal", "Number"): "number",
    ("Name", "Function"): "name",
    ("Name", "Class"): "name",
    ("Name", "Decorator"): "name",
    ("Name", "Tag"): "keyword",
    ("Name", "Attribute"): "name",
    ("Name", "Builtin"): "builtin",
    ("Name", "Exception"): "builtin",
    ("Name", "Namespace"): "name",
    ("Name", "Variable"): "builtin",
    ("Operator",): "operator",
    ("Operator", "Word"): "keyword",
    ("Generic", "Inserted"): "added",
    ("Generic", "Deleted"): "removed",
    ("Generic", "Prompt"): "comment",
    ("Generic", "Output"): "comment",
    ("Generic", "Heading"): "keyword",
    ("Generic", "Subheading"): "keyword",
}

_log = logging.getLogger(__name__)


class Highlighter:
    """Gives the tokens of a text, and those of a text that grows without looking at it all."""

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language) if language else None
        self._closed: list[TokenLine] = []
        self._closed_characters = 0
        self._next_try = _WINDOW

    def growing(self, text: str) -> list[TokenLine]:
        """Return the tokens of each line of `text`, which begins with the text of the last call.

        Where the code is long its beginning is not looked at again: a guess, though a checked
        one, that `whole` may put right.
        """
        if self._lexer is None:
            return _plain(text)
        head, rest = _split_at_limit(text)
        if len(head) < self._closed_characters:
            return self.whole(text)
        live = head[self._closed_characters :]
        lines = _tokens(self._lexer, live)
        result = [*self._closed, *lines, *rest]
        if len(lines) > self._next_try:
            self._close(self._lexer, live, lines)
        return result

    def whole(self, text: str) -> list[TokenLine]:
        """Return the tokens of each line of `text`."""
        if self._lexer is None:
            return _plain(text)
        head, rest = _split_at_limit(text)
        return [*_tokens(self._lexer, head), *rest]

    def _close(self, lexer: Lexer, live: str, lines: list[TokenLine]) -> None:
        source = live.split("\n")
        tries = 3
        for count in range(len(source) - _OVERLAP, _OVERLAP, -1):
            if not source[count].strip(" \t)]}"):
                continue
            start = sum(map(len, source[:count])) + count
            if _tokens(lexer, live[start:]) == lines[count:]:
                self._closed.extend(lines[:count])
                self._closed_characters += start
                self._next_try = _WINDOW
                return
            tries -= 1
            if not tries:
                break
        self._next_try = len(lines) * 3 // 2


def _split_at_limit(text: str) -> tuple[str, list[TokenLine]]:
    if len(text) <= LIMIT:
        return text, []
    end = max(text.rfind("\n", 0, LIMIT), 0)
    return text[:end], _plain(text[end + 1 :] if end else text)


def _plain(text: str) -> list[TokenLine]:
    return [((line, ""),) for line in text.split("\n")]


def _tokens(lexer: Lexer, text: str) -> list[TokenLine]:
    lines: list[TokenLine] = []
    line: list[Token] = []
    try:
        # The line feed is what many lexers wait for at the end.
        for _, token_type, value in lexer.get_tokens_unprocessed(text + "\n"):
            kind = _kind(token_type)
            first, *more = value.split("\n")
            _add(line, first, kind)
            for part in more:
                lines.append(tuple(line))
                line = []
                _add(line, part, kind)
    except Exception:  # noqa: BLE001 - a lexer is foreign code; colours are not worth a crash
        _log.warning("the lexer %s failed", type(lexer).__name__, exc_info=True)
        return _plain(text)
    if "\n".join(["".join([part for part, _ in tokens]) for tokens in lines]) != text:
        return _plain(text)
    return lines


def _add(line: list[Token], text: str, kind: str) -> None:
    if not text:
        return
    # Space shows no colour, so it joins what is before it.
    if line and (line[-1][1] == kind or text.isspace()):
        line[-1] = (line[-1][0] + text, line[-1][1])
    else:
        line.append((text, kind))


@lru_cache(maxsize=512)
def _kind(token_type: Sequence[str]) -> str:
    for length in range(len(token_type), 0, -1):
        kind = _KINDS.get(tuple(token_type[:length]))
        if kind is not None:
            return kind
    return ""


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None
