"""Text of PDF files, page by page."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2

from studybuddy.engine.search.decoding import clean
from studybuddy.engine.search.documents import Document, Gatherer, Kind
from studybuddy.engine.search.passages import Unreadable

_SPLIT_WORD = re.compile("(?<=\\w)[\u00ad\ufffe\x02]\\s*\n?")
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD, fpdfview.h
_SECURITY_ERROR = 5  # FPDF_ERR_SECURITY


def read_pdf(path: Path) -> Document:
    """The text of each page.

    Raises:
        Unreadable: where it is encrypted, damaged, too long, or has no text.
    """
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (_PASSWORD_ERROR, _SECURITY_ERROR):
            raise Unreadable(
                "invalid_file",
                "This PDF is protected by a password. Save a copy without one and add that.",
            ) from error
        raise _damaged() from error
    gathered = Gatherer()
    try:
        for number in range(len(pdf)):
            gathered.add(_page_text(pdf, number))
    finally:
        pdf.close()
    if not gathered.parts:
        raise _damaged()
    if not any(part.strip() for part in gathered.parts):
        raise Unreadable(
            "invalid_file",
            "This is a PDF with no text (a scan): run OCR over it first, then add it again.",
        )
    return Document(Kind.TEXT, tuple(gathered.parts), has_pages=True)


def _page_text(pdf: pypdfium2.PdfDocument, number: int) -> str:
    """One page's text, which ends in a newline; empty where the page itself is damaged."""
    try:
        page = pdf[number]
    except pypdfium2.PdfiumError:
        return ""
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_bounded()
        finally:
            text_page.close()
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()
    # PDFium marks a hyphen at a line's end that belongs to no word.
    text = clean(_SPLIT_WORD.sub("", text.replace("\r\n", "\n"))).strip()
    return f"{text}\n\n" if text else ""


def _damaged() -> Unreadable:
    return Unreadable(
        "invalid_file", "This PDF is damaged and can't be read. Save it anew and add it again."
    )
