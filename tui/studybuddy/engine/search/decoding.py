"""Bytes of a text file as text, whatever program wrote them."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536  # bytes that are looked at to tell text from anything else
_CONTROLS = frozenset(range(32)) - set(b"\t\n\r\f\v\x1b\x08")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_NEWLINES = re.compile("\r\n?|[\x85\u2028\u2029]")


def decode(data: bytes) -> str | None:
    """The text, newlines as `\\n` and without control characters; `None` where it is binary.

    Byte order marks decide; else UTF-8, UTF-16 that is mostly of one alphabet, and at last the
    Windows code page of Western Europe, of which Latin-1 is a part.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return clean(data.decode(encoding, "replace"))
    sample = data[:_SAMPLE]
    if unmarked := _unmarked_utf16(sample):
        return clean(data.decode(unmarked, "replace"))
    if 0 in sample:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        if sum(byte in _CONTROLS for byte in sample) > len(sample) * 0.002:
            return None
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    else:
        if sum(byte in _CONTROLS for byte in sample) > 2 + len(sample) * 0.02:
            return None
    return clean(text)


def clean(text: str) -> str:
    """Newlines as `\\n`, and no control characters but tab, newline and form feed."""
    return _UNPRINTABLE.sub("", _NEWLINES.sub("\n", text))


def _unmarked_utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte is zero nearly everywhere."""
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0 : half * 2 : 2].count(0), sample[1 : half * 2 : 2].count(0)
    if odd > half * 0.6 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.05:
        return "utf-16-be"
    return None
