"""Inline Markdown -> spans."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.opening import openable
from studybuddy.ui.transcript.spans import (
    ADDRESS,
    CODE,
    EMPHASIS,
    IMAGE,
    LINK,
    MATHS,
    PICTURE,
    STRIKE,
    STRONG,
    Span,
    Spans,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LIMIT = 16_000
"""Longest text, in characters, that is searched for inline markup. Longer ones are shown as
they are: nobody writes such a paragraph, and nested brackets take more than linear time."""

_MARKS = {"strong": STRONG, "em": EMPHASIS, "s": STRIKE}
_MARKED_UP = re.compile(r"[\\`*_~\[\]<&]|://")
_LINE_BREAK = re.compile(r"<br\s*/?>[ \t]*\n?", re.IGNORECASE)
_BARE_URL = re.compile(r"https?://[^\s<>\"`|【]{1,2000}")


@cache
def _parser() -> MarkdownIt:
    from markdown_it import (
        MarkdownIt,  # 50 ms, and there is nothing to parse before the first frame
    )

    from studybuddy.ui.transcript.maths_found import add_inline_rule

    parser = MarkdownIt("commonmark").enable("strikethrough").disable("html_inline")
    add_inline_rule(parser)
    usual = parser.validateLink

    def is_address(url: str) -> bool:
        """Let data be an address whatever it is: it is shown short, and never opened."""
        return usual(url) or url[:5].lower() == "data:"

    parser.validateLink = is_address  # type: ignore[method-assign]
    return parser


def spans_of(content: str) -> Spans:
    """Return the spans of a paragraph's (a heading's, a cell's) source."""
    if "【" in content:  # there may be citations
        from studybuddy.ui.transcript.citations import cited_spans

        return cited_spans(_spans(content))
    return _spans(content)


def _spans(content: str) -> Spans:
    if len(content) > LIMIT or not _is_marked_up(content):
        return (Span(content.replace("\t", "    ")),) if content else ()
    return _short(content) if len(content) < 1000 else _parsed(content)


def _is_marked_up(content: str) -> bool:
    if _MARKED_UP.search(content):
        return True
    if "$" not in content:
        return False
    from studybuddy.ui.transcript.maths_found import has_formulas

    return has_formulas(content)


@lru_cache(maxsize=512)
def _short(content: str) -> Spans:
    return _parsed(content)


def _parsed(content: str) -> Spans:
    tokens: list[Token] = []
    parser = _parser()
    parser.inline.parse(content, parser, {}, tokens)
    reader = _Reader(entities="&" in content)
    for token in tokens:
        reader.take(token)
    return tuple(_with_bare_urls(reader.spans))


class _Reader:
    """Turns inline tokens into spans, joining neighbours with the same marks."""

    def __init__(self, entities: bool) -> None:
        self.spans: list[Span] = []
        self._entities = entities
        self._marks = 0
        self._open = {STRONG: 0, EMPHASIS: 0, STRIKE: 0}
        self._href = ""
        self._label_start = 0

    def take(self, token: Token) -> None:
        kind = token.type
        if kind in ("text", "text_special"):
            self._text(token.content)
        elif kind in ("softbreak", "hardbreak"):
            # Models write one line where they mean one line (verse, addresses, steps).
            self._add("\n", self._marks)
        elif kind == "code_inline":
            self._add(token.content, self._marks | CODE)
        elif kind == "link_open":
            self._href = harmless(str(token.attrGet("href") or ""))
            self._label_start = len(self.spans)
            self._marks |= LINK
        elif kind == "link_close":
            self._close_link()
        elif kind == "math_inline":
            self._maths(token)
        elif kind == "image":
            self._image(token)
        elif token.tag in _MARKS:
            mark = _MARKS[token.tag]
            self._open[mark] += token.nesting
            self._marks = self._marks | mark if self._open[mark] else self._marks & ~mark

    def _text(self, text: str) -> None:
        if "<" in text:
            text = _LINE_BREAK.sub("\n", text)
        self._add(text, self._marks)

    def _add(self, text: str, marks: int) -> None:
        if self._entities:
            text = harmless(text)  # "&#27;" is an escape character only now
        if "\t" in text:
            text = text.replace("\t", "    ")
        if not text:
            return
        url = self._href if marks & LINK and openable(self._href) else ""
        if self.spans:
            last = self.spans[-1]
            if last.marks == marks and last.url == url and len(self.spans) > self._label_start:
                self.spans[-1] = Span(last.text + text, marks, url)
                return
        self.spans.append(Span(text, marks, url))

    def _maths(self, token: Token) -> None:
        from studybuddy.ui.transcript.maths import in_line  # 100 ms, for the first formula
        from studybuddy.ui.transcript.maths_found import URL

        shown = in_line(token.content)
        if shown is None:
            self._add(token.markup, self._marks)
        else:
            self.spans.append(Span(shown, self._marks & ~LINK | MATHS, URL + token.content))

    def _close_link(self) -> None:
        self._marks &= ~LINK
        self._address("".join(span.text for span in self.spans[self._label_start :]), self._href)
        self._label_start = len(self.spans)

    def _image(self, token: Token) -> None:
        label = harmless(token.content).strip()
        text = f"[image: {label}]" if label else "[image]"
        source = harmless(str(token.attrGet("src") or ""))
        url = source if openable(source) or not source else PICTURE + source
        self.spans.append(Span(text, self._marks & ~LINK | IMAGE, url))
        self._address(text, source)
        if not self._marks & LINK:
            self._label_start = len(self.spans)

    def _address(self, label: str, href: str) -> None:
        if not href or label == href or f"mailto:{label}" == href:
            return
        url = href if openable(href) else ""
        shown = "data" if href[:5].lower() == "data:" else href
        self.spans.append(Span(f" ({shown})" if label else shown, ADDRESS, url))


def _with_bare_urls(spans: list[Span]) -> list[Span]:
    if not any("://" in span.text for span in spans):
        return spans
    found: list[Span] = []
    for span in spans:
        if span.marks & (CODE | LINK | ADDRESS | IMAGE | MATHS) or "://" not in span.text:
            found.append(span)
            continue
        position = 0
        for match in _BARE_URL.finditer(span.text):
            url = _without_punctuation(match[0])
            if match.start() > position:
                found.append(Span(span.text[position : match.start()], span.marks))
            found.append(Span(url, span.marks | LINK, url))
            position = match.start() + len(url)
        if position < len(span.text):
            found.append(Span(span.text[position:], span.marks))
    return found


def _without_punctuation(url: str) -> str:
    while url[-1] in ".,;:!?'*_~)]}":
        if url[-1] in ")]}" and url.count("([{"[")]}".index(url[-1])]) >= url.count(url[-1]):
            break
        url = url[:-1]
    return url
