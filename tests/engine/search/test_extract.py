"""Text comes out of files of every format, and a sentence where it can't."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import docx
import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.search import documents, extract, office
from studybuddy.engine.search.documents import Document, Kind
from studybuddy.engine.search.markup import html_text
from studybuddy.engine.search.passages import Unreadable
from tests.support.pdf import make_pdf

Read = Callable[[bytes, str], Document]
ACCENTS = "Größe, café, naïve — “quoted”\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(data: bytes, name: str) -> Document:
        path = tmp_path / "file-1"
        path.write_bytes(data)
        return extract.extract(path, name)

    return read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_text_is_read_in_its_encoding(read: Read, encoding: str) -> None:
    text = ACCENTS + "Plain words follow here.\n"
    assert read(text.encode(encoding), "a.txt").pages == (text,)


def test_text_of_windows_programs_is_read(read: Read) -> None:
    assert read(ACCENTS.encode("cp1252"), "a.txt").pages == (ACCENTS,)
    assert read(b"caf\xe9 \x81", "a.txt").pages == ("café \x81",)


def test_line_ends_of_all_systems_become_newlines(read: Read) -> None:
    assert read(b"a\r\nb\rc\nd", "a.txt").pages == ("a\nb\nc\nd",)


def test_control_characters_do_not_get_through(read: Read) -> None:
    assert (
        read(b"bell\x07 and escape\x1b[31m" + b" words" * 60, "a.txt")
        .pages[0]
        .startswith("bell and escape[31m")
    )


def test_form_feeds_of_plain_text_end_pages(read: Read) -> None:
    found = read(b"one\ftwo\f", "a.txt")
    assert (found.pages, found.has_pages) == (("one\n", "two\n"), True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.md", Kind.MARKDOWN), ("a.py", Kind.CODE), ("Makefile", Kind.CODE), ("a", Kind.TEXT)],
)
def test_the_name_tells_kinds_of_text_apart(read: Read, name: str, kind: Kind) -> None:
    assert read(b"# some text", name).kind is kind


def test_of_a_web_page_the_visible_text_is_read(read: Read) -> None:
    page = b"""<!DOCTYPE html><html><head><title>The title</title><style>p {color: red}</style>
    <script>var hidden = 1;</script></head><body><h1>Cells &amp; life</h1>
    <p>First   <b>bold</b>ly.<p>Second<br>line.<ul><li>one</li><li>two</ul>
    <div hidden>secret</div><template>no</template>
    <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
    <pre>x = 1
      y</pre><img src="x" alt="A picture"></body></html>"""
    found = read(page, "page.html")
    assert found.kind is Kind.MARKDOWN
    assert found.pages[0] == (
        "# Cells & life\n\nFirst boldly.\n\nSecond\nline.\n\n- one\n- two\n\na | b\n1 | 2\n\n"
        "```\nx = 1\n      y\n```\n\nA picture"
    )


def test_the_title_stands_in_for_a_missing_heading(read: Read) -> None:
    page = b"<html><head><title>Cells</title></head><body><p>Text.</p></body></html>"
    assert read(page, "page").pages == ("# Cells\n\nText.",)


def test_a_web_page_says_its_own_encoding(read: Read) -> None:
    page = '<html><meta charset="shift_jis"><p>日本語</p></html>'.encode("shift_jis")
    assert read(page, "page.htm").pages == ("日本語",)


def test_a_page_is_known_behind_comments_of_any_length(read: Read) -> None:
    page = b"<?xml version='1.0'?>\n<!-- a\n-- b -->\n<!-- c --><!DOCTYPE html><p>Cells."
    assert read(page, "saved page").pages == ("Cells.",)


# Each took seconds to centuries, and these take a time that grows as they do.
@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("<!-- a -->" * 800 + "words", "notes.txt"),
        ("words" + "<!--" * 100_000, "a.html"),
        ("words" + "<a " * 100_000, "a.html"),
        ("words" + '<a b="' * 100_000, "a.html"),
        ("words" + "<" * 100_000, "a.html"),
        ("words" + "<div hidden>" * 50_000 + "</div>" * 50_000, "a.html"),
        ("words" + "<?" * 100_000, "a.html"),
    ],
)
def test_hostile_markup_does_not_stop_the_reading(read: Read, source: str, name: str) -> None:
    assert "words" in read(source.encode(), name).pages[0]


MARKUP = st.sampled_from(
    ["<p>", "</p>", "<b", "<!--", "-->", "<script>", "</script>", "<title>", "</title>", "<head>",
     "<body>", "<pre>", "</pre>", "<td>", "<li>", "<h1>", "</h1>", "<![CDATA[", "&amp;", "&#7;",
     "<?", "<div hidden>", "</div>", "<br/>", "words "]
)  # fmt: skip


@given(st.lists(MARKUP | st.text(st.characters(exclude_categories=["Cs", "Cc"]))).map("".join))
def test_any_markup_is_read_without_failing(source: str) -> None:
    text = html_text(source.encode())
    assert text is not None
    assert "\x07" not in text


def test_of_a_notebook_the_cells_are_read(read: Read) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Means\n", "They are pulled by outliers."]},
        {"cell_type": "code", "source": "print(1)", "outputs": [{"text": ["1\n"]}]},
        {"cell_type": "code", "source": [], "outputs": []},
    ]
    found = read(json.dumps({"cells": cells, "nbformat": 4}).encode(), "a.ipynb")
    assert found.kind is Kind.MARKDOWN
    assert found.pages == (
        "# Means\nThey are pulled by outliers.\n\n```python\nprint(1)\n```\n\n1",
    )


@pytest.mark.parametrize("text", ["{}", "[1]", "not json", '{"cells": 1}', "[" * 100_000])
def test_a_notebook_that_is_none_is_read_as_text(read: Read, text: str) -> None:
    assert read(text.encode(), "a.ipynb").pages == (text,)


def test_of_a_pdf_each_page_is_read(read: Read) -> None:
    found = read(make_pdf(["Cells are small.\nVery small.", "", "Planets are big."]), "a.pdf")
    assert found.pages == ("Cells are small.\nVery small.\n\n", "", "Planets are big.\n\n")
    assert found.has_pages


def test_of_a_docx_all_is_read_in_its_order(read: Read) -> None:
    document = docx.Document()
    document.add_heading("Cells", 0)
    document.add_paragraph("Before the table.")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, "abcd", strict=True):
        cell.text = text
    table.cell(1, 0).merge(table.cell(1, 1))
    document.add_heading("Nucleus", 2)
    document.add_paragraph("First", style="List Bullet")
    document.add_paragraph("Last words.")
    found = read(saved(document), "a.docx")
    assert found.pages == (
        "# Cells\n\nBefore the table.\n\na | b\nc d\n\n## Nucleus\n\n- First\nLast words.\n\n",
    )
    assert (found.kind, found.has_pages) == (Kind.MARKDOWN, False)


def test_of_a_pptx_each_slide_is_a_page_with_its_notes(read: Read) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Cells"
    slide.placeholders[1].text = "Small\nAlive"
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    table = show.slides.add_slide(show.slide_layouts[6]).shapes.add_table(1, 2, 0, 0, 99, 99).table
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    found = read(saved(show), "a.pptx")
    assert found.pages == (
        "# Cells\n\nSmall\nAlive\n\nNotes: Say it slowly.\n\n",
        "left | right\n\n",
    )
    assert (found.kind, found.has_pages) == (Kind.SLIDES, True)


def test_what_a_file_is_decides_and_not_its_name(read: Read) -> None:
    assert read(make_pdf(["Cells."]), "notes.txt").has_pages
    document = docx.Document()
    document.add_paragraph("Cells.")
    assert read(saved(document), "notes").pages == ("Cells.\n\n",)


ENCRYPTED = make_pdf(["secret"]).replace(
    b"trailer\n<<",
    b"trailer\n<< /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"61" * 32 + b"> /U <"
    b"" + b"62" * 32 + b"> >> /ID [<61> <61>]",
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name", "code", "sentence"),
    [
        (b"", "a.txt", "invalid_file", "is empty"),
        (b" \n\n", "a.txt", "invalid_file", "has no text"),
        (b"<html><script>x</script></html>", "a.html", "invalid_file", "has no text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "a.png", "unsupported_file", "is a picture"),
        (bytes(range(256)) * 9, "a.bin", "unsupported_file", "a binary file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a.doc", "unsupported_file", "old kind"),
        (b"{\\rtf1 Cells}", "a.rtf", "unsupported_file", "RTF"),
        (b"%PDF-1.7\nand then nothing", "a.pdf", "invalid_file", "PDF is damaged"),
        (make_pdf(["Cells."])[:200], "a.pdf", "invalid_file", "PDF is damaged"),
        (make_pdf(["", ""]), "scan.pdf", "invalid_file", r"a scan\): run OCR"),
        (ENCRYPTED, "a.pdf", "invalid_file", "protected by a password"),
        (b"PK\x03\x04 and then nothing", "a.docx", "invalid_file", "damaged"),
        (b"just words", "a.docx", "invalid_file", "no DOCX file inside"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(
    read: Read, data: bytes, name: str, code: str, sentence: str
) -> None:
    with pytest.raises(Unreadable, match=sentence) as refusal:
        read(data, name)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("part", "code", "sentence"),
    [
        ("word/document.xml", "invalid_file", "damaged"),
        ("ppt/presentation.xml", "invalid_file", "damaged"),
        ("xl/workbook.xml", "unsupported_file", "spreadsheet"),
        ("other.txt", "unsupported_file", "archive"),
    ],
)
def test_archives_of_another_kind_are_refused(
    read: Read, part: str, code: str, sentence: str
) -> None:
    with pytest.raises(Unreadable, match=sentence) as refusal:
        read(zipped({part: b"<broken"}), "a.zip")
    assert refusal.value.code == code


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "MAX_XML", 100_000)
    bomb = zipped({"word/document.xml": b" " * 200_000})
    assert len(bomb) < 2_000
    with pytest.raises(Unreadable, match="unpacks to far more"):
        read(bomb, "a.docx")


def test_xml_of_any_name_counts_as_xml(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_XML", 100_000)
    types = (
        b'<Types><Default Extension="dat" ContentType="application/xml"/>'
        b'<Override PartName="/word/Odd.bin" ContentType="application/vnd.x+xml"/></Types>'
    )
    for name in ("word/odd.bin", "word/a.dat"):
        parts = {"[Content_Types].xml": types, "word/document.xml": b"<w/>", name: b" " * 200_000}
        with pytest.raises(Unreadable, match="unpacks to far more"):
            read(zipped(parts), "a.docx")


def test_a_picture_in_a_document_is_no_xml(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_XML", 1_000_000)
    document = docx.Document()
    document.add_paragraph("Cells.")
    with_picture = BytesIO(saved(document))
    with zipfile.ZipFile(with_picture, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.png", bytes(2_000_000))
    assert read(with_picture.getvalue(), "a.docx").pages == ("Cells.\n\n",)


@pytest.mark.parametrize("data", [b"a" * 1001, b"a" * 5000, make_pdf(["word " * 15] * 30)])
def test_a_text_that_is_too_long_is_refused(
    read: Read, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(extract, "MAX_CHARACTERS", 1000)
    monkeypatch.setattr(extract, "LONGEST_BYTES", 4000)
    monkeypatch.setattr(documents, "MAX_CHARACTERS", 1000)
    with pytest.raises(Unreadable, match="million characters") as refusal:
        read(data, "a.txt")
    assert refusal.value.code == "invalid_file"


def saved(document: object) -> bytes:
    """An Office document's file."""
    file = BytesIO()
    document.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()
