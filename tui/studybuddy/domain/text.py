"""Text from outside (a model, a file, a clipboard) is data: made harmless before it is shown."""

from __future__ import annotations

import re

_DELETE = "\N{SYMBOL FOR DELETE}"
# C0 controls but tab and line feed, DEL, C1 controls, and the bidirectional overrides and
# isolates that can make text read other than it is (Unicode TR 36, section 2.4).
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the "control pictures" block mirrors C0
    if code == 0x7F:
        return _DELETE
    if code in (0x85, 0x2028, 0x2029):  # other ways to end a line
        return "\n"
    return "\N{REPLACEMENT CHARACTER}"


def harmless(text: str) -> str:
    """Return `text` with line ends as LF and control characters made visible.

    Tabs and line feeds stay. Lone surrogates, which no terminal can encode, become U+FFFD.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _HARMFUL.sub(_visible, text)
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def one_line(text: str) -> str:
    """A text in one line: harmless, and every run of blanks a single one."""
    return " ".join(harmless(text).split())
