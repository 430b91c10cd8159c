"""HTML as readable text: what a browser shows, with headings as Markdown's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from lxml import etree

from studybuddy.engine.search.decoding import clean, decode

_HIDDEN_TEXT = """
script style template noscript svg math iframe object audio video canvas select datalist head
"""
_HIDDEN = frozenset(_HIDDEN_TEXT.split())
_VOID_TEXT = """
area base br col embed hr img input link meta param source track wbr
"""
_VOID = frozenset(_VOID_TEXT.split())
_BLOCKS_TEXT = """
address article aside blockquote body caption dd details dialog div dl dt fieldset figcaption
figure footer form header hgroup hr legend main menu nav ol p pre section summary table tbody
tfoot thead ul
"""
_BLOCKS = frozenset(_BLOCKS_TEXT.split())
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_PIECE = 1 << 16  # bytes that are parsed at a time
_BLANKS = re.compile(r"\n{3,}")


def html_text(data: bytes) -> str | None:
    """The visible text of a page; `None` where the bytes are no text."""
    source = _source(data)
    if source is None:
        return None
    if not source:
        return ""
    reader = _Reader()
    # Python's own html.parser takes a time that grows with the square of what is never closed.
    parser = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True)
    content = source.encode("utf-8", "replace")
    for start in range(0, len(content), _PIECE):
        parser.feed(content[start : start + _PIECE])
    parser.close()
    return clean(reader.text())  # character references can write anything


def _source(data: bytes) -> str | None:
    found = _CHARSET.search(data[:4096])
    if found and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return clean(data.decode(found[1].decode("ascii")))
        except (LookupError, UnicodeDecodeError):
            pass  # the page is wrong about itself
    return decode(data)


class _Reader:
    """Writes the text as it goes through the tags, of which lxml tells it."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._hidden: list[str] = []  # open tags, from the first that hides what is in it
        self._open: Counter[str] = Counter()  # how many of each are in `_hidden`
        self._pre = 0
        self._title: list[str] | None = None
        self._title_text = ""
        self._row_cells = -1  # cells seen in the open row; -1 outside one
        self._seen_heading = False

    def text(self) -> str:
        """All of it; the title leads where the page itself has no heading."""
        body = _BLANKS.sub("\n\n", "".join(self._out)).strip()
        if self._title_text and not self._seen_heading:
            return f"# {self._title_text}\n\n{body}"
        return body

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """A tag opens."""
        if tag == "title" and (not self._hidden or self._hidden == ["head"]):
            self._title = []
            return
        if tag == "body":
            self._hidden.clear()  # a head that was never closed
            self._open.clear()
        if self._hidden:
            if tag not in _VOID:
                self._hide(tag)
            return
        hides = tag in _HIDDEN or "hidden" in given or given.get("aria-hidden") == "true"
        if hides and tag not in _VOID:
            self._hide(tag)
            return
        if tag == "br":
            self._out.append("\n")
        elif tag in _HEADINGS:
            self._seen_heading = True
            self._block()
            self._out.append(f"{_HEADINGS[tag]} ")
        elif tag == "li":
            self._line()
            self._out.append("- ")
        elif tag == "tr":
            self._line()
            self._row_cells = 0
        elif tag in ("td", "th"):
            if self._row_cells > 0:
                self._out.append(" | ")
            self._row_cells += 1
        elif tag == "img" and given.get("alt"):
            self._words(given["alt"])
        elif tag in _BLOCKS:
            self._block()
            if tag == "pre":
                self._pre += 1
                self._out.append("```\n")

    def end(self, tag: str) -> None:
        """A tag closes, also where the page leaves that out."""
        if tag == "title" and self._title is not None:
            self._title_text = _SPACES.sub(" ", "".join(self._title)).strip()
            self._title = None
            return
        if self._hidden:
            while self._open[tag]:
                closed = self._hidden.pop()
                self._open[closed] -= 1
                if closed == tag:
                    break
            return
        if tag == "pre" and self._pre:
            self._pre -= 1
            self._line()
            self._out.append("```")
        if tag in _BLOCKS or tag in _HEADINGS:
            self._block()
        elif tag in ("li", "tr"):
            self._line()
            self._row_cells = -1

    def data(self, data: str) -> None:
        """A piece of text."""
        if self._title is not None:
            self._title.append(data)
        elif self._hidden:
            return
        elif self._pre:
            self._out.append(data)
        else:
            self._words(data)

    def close(self) -> None:
        """The page has ended."""

    def _hide(self, tag: str) -> None:
        self._hidden.append(tag)
        self._open[tag] += 1

    def _words(self, data: str) -> None:
        words = _SPACES.sub(" ", data)
        if not self._out or self._out[-1].endswith(("\n", " ")):
            words = words.lstrip(" ")
        if words:
            self._out.append(words)

    def _line(self) -> None:
        """End the line."""
        if self._out and self._out[-1] == " ":
            self._out.pop()
        if self._out and not self._out[-1].endswith("\n"):
            self._out.append("\n")

    def _block(self) -> None:
        """End the paragraph."""
        self._line()
        if self._out and not self._out[-1].endswith("\n\n"):
            self._out.append("\n")
