"""The text of a file of any format that is understood."""

from __future__ import annotations

import re
from pathlib import Path

from studybuddy.engine.search.decoding import decode
from studybuddy.engine.search.documents import MAX_CHARACTERS, Document, Kind, too_long
from studybuddy.engine.search.notebooks import notebook_text
from studybuddy.engine.search.passages import Unreadable

_MARKDOWN = frozenset({"md", "markdown", "mdown", "mkd", "mdx", "qmd", "rmd"})
_HTML = frozenset({"html", "htm", "xhtml"})
_CODE_TEXT = """
py pyi js mjs cjs ts tsx jsx java kt kts c h cc cpp cxx hpp cs go rs rb php pl pm swift scala sh
bash zsh fish ps1 bat sql r jl lua hs ml mli fs clj cljs erl ex exs dart m mm vb pas f f90 asm s
v vhd vhdl json jsonl yaml yml toml ini cfg conf xml css scss less vue svelte proto gradle cmake
mk dockerfile makefile ipynb
"""
_CODE = frozenset(_CODE_TEXT.split())
LONGEST_BYTES = MAX_CHARACTERS * 4  # no encoding of text takes more for a character
_MAGIC = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3\0", "a database"),
)
_READABLE = "Markdown, text, source code, HTML, PDF, DOCX and PPTX can be."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Each group is atomic: what it took is not tried in other ways, of which there would be too many.
_HTML_START = re.compile(
    rb"(?>\s*)(?>(?:<\?xml[^>]*>\s*)?)(?>(?:<!--(?s:.*?)-->\s*)*)<(?:!doctype\s+html|html)\b", re.I
)


def extract(path: Path, name: str) -> Document:
    """Read the file, whose contents decide before its name does.

    Raises:
        Unreadable: with what to tell, where it can't be read.
        OSError: where the file itself can't.
    """
    size = path.stat().st_size
    if not size:
        raise Unreadable("invalid_file", "This file is empty.")
    with path.open("rb") as file:
        head = file.read(8192)
    if b"%PDF-" in head[:1024]:
        from studybuddy.engine.search.pdf import read_pdf

        return read_pdf(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _office(path)
    if head.startswith(_OLE):
        raise Unreadable(
            "unsupported_file",
            "This is an Office file of the old kind, or one with a password. "
            "Save it as DOCX, PPTX or PDF without a password and add that.",
        )
    if head.startswith(b"{\\rtf"):
        raise Unreadable("unsupported_file", "RTF can't be read. Save it as DOCX and add that.")
    extension = name.lower().rpartition(".")[2]
    if extension in ("docx", "pptx", "pdf"):
        raise Unreadable(
            "invalid_file", f"This is no {extension.upper()} file inside, or it is damaged."
        )
    if size > LONGEST_BYTES:
        _refuse_binary(head)
        raise too_long()
    return _text(path.read_bytes(), extension, head)


def _text(data: bytes, extension: str, head: bytes) -> Document:
    is_html = extension in _HTML or (
        extension not in _CODE | _MARKDOWN and _HTML_START.match(head) is not None
    )
    text = _visible_text(data) if is_html else decode(data)
    if text is None:
        _refuse_binary(head)
        raise _binary("a binary file")
    if len(text) > MAX_CHARACTERS:
        raise too_long()
    if not text.strip():
        raise Unreadable("invalid_file", "This file has no text.")
    if extension == "ipynb" and (cells := notebook_text(text)):
        return Document(Kind.MARKDOWN, (cells,), has_pages=False)
    if is_html or extension in _MARKDOWN:
        return Document(Kind.MARKDOWN, (text,), has_pages=False)
    if extension in _CODE:
        return Document(Kind.CODE, (text,), has_pages=False)
    pages = text.split("\f")
    if len(pages) == 1:
        return Document(Kind.TEXT, (text,), has_pages=False)
    # The form feed is how plain text says that a page ends.
    whole = tuple(page + "\n" for page in pages[:-1]) + ((pages[-1],) if pages[-1] else ())
    return Document(Kind.TEXT, whole, has_pages=True)


def _visible_text(data: bytes) -> str | None:
    from studybuddy.engine.search.markup import html_text

    return html_text(data)


def _office(path: Path) -> Document:
    from studybuddy.engine.search.office import check_zip, read_docx, read_pptx

    names = check_zip(path)
    if "word/document.xml" in names:
        return read_docx(path)
    if "ppt/presentation.xml" in names:
        return read_pptx(path)
    if "xl/workbook.xml" in names:
        raise _binary("a spreadsheet", "Save its sheets as CSV and add those.")
    raise _binary("an archive or a document of another kind")


def _refuse_binary(head: bytes) -> None:
    """Say what it is, where that is known."""
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise _binary(what)


def _binary(what: str, advice: str = _READABLE) -> Unreadable:
    return Unreadable("unsupported_file", f"This is {what}, which can't be searched. {advice}")
