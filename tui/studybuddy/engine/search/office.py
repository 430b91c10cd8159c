"""Text of DOCX and PPTX files."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from studybuddy.engine.search.decoding import clean
from studybuddy.engine.search.documents import Document, Gatherer, Kind
from studybuddy.engine.search.passages import Unreadable

MAX_UNPACKED = 1_000_000_000
"""Bytes that a file may unpack to."""
MAX_XML = 200_000_000
"""Bytes of all its XML, which takes many times that as a tree."""
MAX_PARTS = 50_000

_TYPES = "[Content_Types].xml"
_MAX_TYPES = 5_000_000  # bytes
_XML_ENDINGS = (".xml", ".rels")
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def check_zip(path: Path) -> frozenset[str]:
    """Names in the archive, once it is known to unpack to something sane.

    Raises:
        Unreadable: where it is damaged or a bomb. Sizes that lie are cut off by `zipfile`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable(
                    "invalid_file",
                    "This file is protected by a password. Save a copy without one and add that.",
                )
            is_xml = _xml_of(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise _damaged() from error
    xml = sum(part.file_size for part in parts if is_xml(part.filename))
    whole = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or xml > MAX_XML or whole > MAX_UNPACKED:
        raise _unpacks_to_too_much()
    return frozenset(part.filename for part in parts)


def _xml_of(archive: zipfile.ZipFile) -> Callable[[str], bool]:
    """Tells which parts are parsed as XML: the file itself says so of parts of any name.

    Raises:
        Unreadable: where what it says is too long, or no XML.
    """
    if _TYPES not in archive.namelist():
        return lambda name: name.endswith(_XML_ENDINGS)
    if archive.getinfo(_TYPES).file_size > _MAX_TYPES:
        raise _unpacks_to_too_much()
    from lxml import etree

    try:
        said = etree.XML(archive.read(_TYPES))
    except etree.XMLSyntaxError as error:
        raise _damaged() from error
    xml = [entry for entry in said if entry.get("ContentType", "").lower().endswith("xml")]
    names = {entry.get("PartName", "").lstrip("/").lower() for entry in xml}
    endings = {"." + entry.get("Extension").lower() for entry in xml if entry.get("Extension")}
    all_endings = (*endings, *_XML_ENDINGS)
    return lambda name: name.lower() in names or name.lower().endswith(all_endings)


def read_docx(path: Path) -> Document:
    """Paragraphs, headings and tables in their order, as Markdown.

    Raises:
        Unreadable: where it is damaged or too long.
    """
    import docx

    document = _opened(docx.Document, path)
    gathered = Gatherer()
    for block in _blocks(document):
        gathered.add(block)
    text = "".join(gathered.parts)
    if not text.strip():
        raise Unreadable("invalid_file", "This document has no text.")
    return Document(Kind.MARKDOWN, (text,), has_pages=False)


def read_pptx(path: Path) -> Document:
    """A page for each slide: its title as a heading, its texts and tables, its notes.

    Raises:
        Unreadable: where it is damaged or too long, or has no text.
    """
    import pptx

    presentation = _opened(pptx.Presentation, path)
    gathered = Gatherer()
    for slide in presentation.slides:
        text = clean("\n\n".join(filter(None, _slide(slide)))).strip()
        gathered.add(f"{text}\n\n" if text else "")
    if not any(gathered.parts):
        raise Unreadable("invalid_file", "This presentation has no text.")
    return Document(Kind.SLIDES, tuple(gathered.parts), has_pages=True)


def _opened(open_file: Callable[[str], Any], path: Path) -> Any:
    try:
        return open_file(str(path))
    except MemoryError:
        raise
    except Exception as error:
        raise _damaged() from error


def _blocks(parent: Any) -> Iterator[str]:
    for item in parent.iter_inner_content():
        if hasattr(item, "rows"):
            rows = "\n".join(_row(row.cells) for row in item.rows)
            if rows.strip():
                yield clean(rows) + "\n\n"
        elif text := clean(item.text).strip():
            yield _paragraph(text, item.style.name if item.style is not None else "")


def _paragraph(text: str, style: str | None) -> str:
    style = style or ""
    if style == "Title":
        return f"# {_one_line(text)}\n\n"
    if found := _HEADING.match(style):
        return f"{'#' * min(6, int(found[1]))} {_one_line(text)}\n\n"
    if style.startswith("List"):
        return f"- {text}\n"
    return f"{text}\n\n"


def _row(cells: Iterable[Any]) -> str:
    texts: list[str] = []
    seen: list[Any] = []
    for cell in cells:
        if any(cell._tc is known for known in seen):
            continue  # a merged cell stands once for each column
        seen.append(cell._tc)
        texts.append(_one_line(cell.text))
    return " | ".join(texts)


def _slide(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None and title.text_frame.text.strip():
        yield f"# {_one_line(title.text_frame.text)}"
    for shape in slide.shapes:
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape)
    if slide.has_notes_slide:
        frame = slide.notes_slide.notes_text_frame
        if frame is not None and frame.text.strip():
            yield f"Notes: {frame.text.strip()}"


def _shape(shape: Any) -> Iterator[str]:
    if hasattr(shape, "shapes"):
        for inner in shape.shapes:
            yield from _shape(inner)
    elif getattr(shape, "has_table", False):
        yield "\n".join(
            " | ".join(_one_line(cell.text) for cell in row.cells) for row in shape.table.rows
        )
    elif shape.has_text_frame:
        yield shape.text_frame.text.strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unpacks_to_too_much() -> Unreadable:
    return Unreadable(
        "invalid_file", "This file unpacks to far more than a document has; it is not read."
    )


def _damaged() -> Unreadable:
    return Unreadable(
        "invalid_file", "This file is damaged and can't be opened. Save it anew and add it again."
    )
