"""What Markdown looks like at several widths."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.lines import NOT_COPIED, Layout, Line
from studybuddy.ui.transcript.markdown import parse
from studybuddy.ui.transcript.palette import make_palette
from studybuddy.ui.transcript.sections import parse_plain
from studybuddy.ui.transcript.sliding import slid
from studybuddy.ui.transcript.spans import CODE, EMPHASIS, LINK, STRIKE, STRONG
from tests.ui.transcript.samples import RICH, markdown_texts, plain_palette, telling_palette, texts

PALETTE = plain_palette()


def shown(text: str, width: int = 40) -> list[str]:
    return [line.rstrip() for line in texts(lay_out(parse(text), width, PALETTE).lines)]


def copied(text: str, width: int = 40) -> str:
    return lay_out(parse(text), width, PALETTE).copy


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three four", 9, ["one two", "three", "four"]),
        ("abcdefghijklmno", 12, ["abcdefghijkl", "mno"]),
        ("学生がプログラミングを学ぶ", 12, ["学生がプログ", "ラミングを学", "ぶ"]),
        ("verse one\nverse two", 40, ["verse one", "verse two"]),
        ("hard  \nbreak<br>here<BR/>too", 40, ["hard", "break", "here", "too"]),
        ("# Top\ntext\n## Next\ntext", 40, ["Top", "text", "", "Next", "text"]),
        ("a\n\n\n\nb", 40, ["a", "", "b"]),
        ("intro:\n- a\n- b\n\nend", 40, ["intro:", "• a", "• b", "", "end"]),
        ("- a\n  - b\n    - c\n      - d", 40, ["• a", "  ◦ b", "    ▪ c", "      ▪ d"]),
        ("- a\n\n- b", 40, ["• a", "", "• b"]),
        ("9. nine\n9. ten\n9. eleven", 40, ["9. nine", "10. ten", "11. eleven"]),
        ("2) a\n\n   b\n3) c", 40, ["2) a", "", "   b", "3) c"]),
        ("- one two three four", 14, ["• one two", "  three four"]),
        ("- [ ] open\n- [x] done\n- [X]\n- [y] no", 40, ["☐ open", "☑ done", "☑", "• [y] no"]),
        ("-\n- b", 40, ["•", "• b"]),
        ("> a\n>\n> - b\n\nc", 40, ["▌ a", "▌", "▌ • b", "", "c"]),
        ("a\n\n***\nb", 40, ["a", "", "─" * 24, "", "b"]),
        ("a <b>bold</b> <script>x</script>", 40, ["a <b>bold</b> <script>x</script>"]),
        ("<div>\n\nx", 40, ["<div>", "", "x"]),
        ("[x]: http://y\n[x]", 40, ["[x]: http://y", "[x]"]),
        ("&lt;&amp;&copy;&#x41;", 40, ["<&©A"]),
        ("a\tb", 40, ["a    b"]),
        ("\\*no\\* 2 * 3 * 4", 40, ["*no* 2 * 3 * 4"]),
    ],
)
def test_text_is_shown_so(text: str, width: int, lines: list[str]) -> None:
    assert shown(text, width) == lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[label](https://a.b/c)", "label (https://a.b/c)"),
        ("[https://a.b](https://a.b)", "https://a.b"),
        ("<https://a.b>", "https://a.b"),
        ("<me@a.b>", "me@a.b"),
        ("[](https://a.b)", "https://a.b"),
        ("![a cat](https://a.b/c.png)", "[image: a cat] (https://a.b/c.png)"),
        ("[![i](c.png)](https://a.b)", "[image: i] (c.png) (https://a.b)"),
        ("[file](notes.md)", "file (notes.md)"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    ],
)
def test_links_show_where_they_go(text: str, line: str) -> None:
    assert shown(text, 60) == [line]


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("[label](https://a.b/c)", {"https://a.b/c"}),
        ("see https://a.b/c_d_(e). Or (http://x.y/z), ok", {"https://a.b/c_d_(e)", "http://x.y/z"}),
        ("<me@a.b>", {"mailto:me@a.b"}),
        ("[a](file:///etc/passwd) [b](ftp://x) [c](vscode:x) [d](data:text/html,x)", set()),
        ("`https://a.b`", set()),
    ],
)
def test_only_web_and_mail_addresses_can_be_clicked(text: str, urls: set[str]) -> None:
    lines = lay_out(parse(text), 80, PALETTE).lines
    found = {
        segment.style.meta["url"]
        for line in lines
        for segment in line.segments
        if segment.style and "url" in segment.style.meta
    }
    assert found == urls


def test_marks_are_drawn_over_one_another() -> None:
    palette = telling_palette()
    base = palette.text
    everything = palette.marked(base, STRONG | EMPHASIS | STRIKE | CODE | LINK, "https://a.b")

    assert (everything.bold, everything.italic, everything.strike) == (True, True, True)
    assert everything.color == palette.link.color
    assert everything.meta == {"url": "https://a.b"}
    assert palette.marked(base, 0, "") == base


CODE_BLOCK = "```py\ndef f():\n\treturn 1  # a remark that is too long for it\n```"


def test_code_keeps_its_form_and_its_long_lines_are_as_long_as_they_are() -> None:
    assert shown(CODE_BLOCK, 30) == [
        "│py",
        "│def f():",
        "│    return 1  # a remark that is too long for it",
    ]
    lines = lay_out(parse(CODE_BLOCK), 30, PALETTE).lines
    assert [slid(line, 30, 0, Style()).text.rstrip() for line in lines][1:] == [
        "│def f():",
        "│    return 1  # a remark tha›",
    ]
    assert [slid(line, 30, 10, Style()).text.rstrip() for line in lines][1:] == [
        "‹",
        "‹ 1  # a remark that is too l›",
    ]
    assert [slid(line, 30, 20, Style()).text.rstrip() for line in lines][1:] == [
        "‹",
        "‹mark that is too long for it",
    ]


@pytest.mark.parametrize("language", ["", "text", "markdown"])
def test_long_lines_of_text_in_a_fence_go_on_below_a_mark(language: str) -> None:
    text = f"```{language}\nDear Professor, I write to you because\n```"
    assert shown(text, 30)[-2:] == ["│Dear Professor, I write to", "│↪ you because"]


def test_long_lines_of_code_go_on_below_a_mark_where_that_is_wanted() -> None:
    layout = lay_out(parse(CODE_BLOCK), 30, PALETTE, wrap_code=True)
    assert [line.rstrip() for line in texts(layout.lines)] == [
        "│py",
        "│def f():",
        "│    return 1  # a remark tha",
        "│↪ t is too long for it",
    ]
    assert layout.copy == "def f():\n    return 1  # a remark that is too long for it"
    assert layout.codes == ["def f():\n\treturn 1  # a remark that is too long for it"]
    assert all(line.width == 30 for line in layout.lines)
    assert {line.code for line in layout.lines} == {0}


def test_code_with_a_background_has_no_line_beside_it() -> None:
    palette = make_palette(lambda name: Style(bgcolor="blue" if "code" in name else "black"))
    line = lay_out(parse("```\nx\n```"), 10, palette).lines[0]
    assert line.text == " x        "


def test_a_table_takes_the_room_it_needs_and_no_more() -> None:
    text = "| a | long header |\n|:-:|--:|\n| x | 1 |\n| yyy | 22 |"
    assert shown(text) == [
        " a  │ long header",
        "────┼────────────",
        " x  │           1",
        "yyy │          22",
    ]
    assert copied(text) == "a\tlong header\nx\t1\nyyy\t22"


def test_a_table_that_is_too_wide_shrinks_its_widest_columns_and_wraps_their_cells() -> None:
    text = "| id | remark |\n|-|-|\n| 1 | a rather long remark |\n| 2 | ok |"
    assert shown(text, 16) == [
        "id │ remark",
        "───┼────────────",
        "1  │ a rather",
        "   │ long remark",
        "───┼────────────",
        "2  │ ok",
    ]


def test_a_table_with_too_many_columns_is_told_cell_by_cell() -> None:
    text = "|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|1|2|3|4|5|sixth|"
    assert shown(text, 12) == ["a: 1", "b: 2", "c: 3", "d: 4", "e: 5", "f: sixth"]


def test_what_the_student_typed_is_shown_as_it_is_but_for_fenced_code() -> None:
    typed = "# not a heading\n  1. *indented*\n\n\n```py\nx = 1\n```\nend"
    lines = texts(lay_out(parse_plain(typed), 30, PALETTE, user=True).lines)
    assert [line.rstrip() for line in lines] == [
        "# not a heading",
        "  1. *indented*",
        "",
        "│py",
        "│x = 1",
        "",
        "end",
    ]


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("one two three four five six seven eight nine ten", None),
        ("# Head\n\n**bold** and `code`", "Head\n\nbold and code"),
        ("> quoted\n> text", "quoted\ntext"),
        ("1. a\n2. b\n   - c", "1. a\n2. b\n   ◦ c"),
        ("a\n\n---\n\nb", "a\n\n───\n\nb"),
        ("[l](http://x)", "l (http://x)"),
    ],
)
def test_the_copied_text_has_no_frames_and_no_soft_breaks(text: str, copy: str | None) -> None:
    assert copied(text, 15) == (text if copy is None else copy)


def check(layout: Layout, width: int) -> None:
    for line in layout.lines:
        assert line.width == sum(cell_len(segment.text) for segment in line.segments)
        if line.slide < 0:
            assert line.width <= width, line.text
            check_offsets(line, layout)
            continue
        for shift in {0, 1, 7, max(0, line.width - width)}:
            seen = slid(line, width, shift, Style())
            assert seen.width == width, line.text
            assert seen.width == sum(cell_len(segment.text) for segment in seen.segments)
            check_offsets(seen, layout)
        check_offsets(line, layout)


def check_offsets(line: Line, layout: Layout) -> None:
    assert "\n" not in line.text
    assert len(line.segments) == len(line.offsets)
    for segment, offset in zip(line.segments, line.offsets, strict=True):
        if offset != NOT_COPIED:
            assert layout.copy[offset : offset + len(segment.text)] == segment.text


@settings(max_examples=500, deadline=None)
@given(markdown_texts, st.integers(14, 80))
@example(RICH, 20)
@example("- " * 12 + "deep", 20)
@example("> " * 15 + "deep", 20)
@example("|" + "a|" * 40 + "\n|" + "-|" * 40, 20)
@example("999999999. x", 14)
def test_no_line_is_wider_than_the_pane_and_each_character_is_found_in_the_copy(
    text: str, width: int
) -> None:
    text = harmless(text)
    check(lay_out(parse(text), width, PALETTE), width)
    check(lay_out(parse_plain(text), width, PALETTE, user=True), width)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=200), st.integers(14, 40))
def test_any_text_at_all_can_be_laid_out(text: str, width: int) -> None:
    text = harmless(text)
    check(lay_out(parse(text), width, PALETTE), width)
    layout = lay_out(parse_plain(text), width, PALETTE, user=True)
    check(layout, width)
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in "".join(texts(layout.lines)))


def test_an_entity_cannot_bring_back_a_control_character() -> None:
    lines = "".join(shown("a&#27;[2J&#x9b;2J&#10;b [&#27;](http://x?&#27;)", 80))
    assert "\x1b" not in lines
    assert "\x9b" not in lines


@pytest.mark.parametrize(
    "text",
    [
        "x" * 200_000,
        "wörd " * 40_000,
        "学" * 60_000,
        "[" * 50_000,
        "*a_" * 10_000,
        "> " * 5_000,
        "- " * 5_000,
        "|a|b|\n|-|-|\n" + "|1|2|\n" * 10_000,
        "\u200d" * 5_000 + "👩\u200d" * 5_000,
        "\u202e\u2066שלום عليكم" * 500,
        "```\n" + "y" * 100_000,
    ],
    ids=lambda text: text[:6].encode("unicode_escape").decode(),
)
def test_texts_of_monstrous_size_are_laid_out(text: str) -> None:
    text = harmless(text)
    check(lay_out(parse(text), 76, PALETTE), 76)
