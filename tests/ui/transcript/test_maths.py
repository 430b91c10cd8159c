"""Formulas read as mathematics, and what is no formula stays what it was."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.blocks import Maths, Paragraph
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.lines import NOT_COPIED
from studybuddy.ui.transcript.live import Live
from studybuddy.ui.transcript.markdown import parse
from studybuddy.ui.transcript.maths import drawing, in_line
from studybuddy.ui.transcript.maths_found import URL
from studybuddy.ui.transcript.spans import MATHS
from studybuddy.ui.transcript.wrap import cells
from tests.ui.transcript.samples import plain_palette, texts

PALETTE = plain_palette()


def shown(text: str, width: int = 60) -> list[str]:
    return [line.rstrip() for line in texts(lay_out(parse(text), width, PALETTE).lines)]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (r"x^2 + y_{ij}^{n+1}", "x² + yᵢⱼⁿ⁺¹"),
        (r"\frac{a+b}{2c}", "(a + b)/(2c)"),
        (r"\frac{dy}{dx} = \frac{\partial f}{\partial t}", "dy/dx = ∂f/∂t"),
        (r"\frac12 m v^2", "(1/2)mv²"),
        (r"\sqrt{b^2-4ac}, \sqrt[3]{x}, \sqrt x", "√(b² − 4ac), ∛x, √x"),
        (r"\sum_{i=1}^{n} i = \frac{n(n+1)}{2}", "∑ᵢ₌₁ⁿ i = n(n + 1)/2"),
        (r"\int_0^\infty e^{-x^2}\,dx", "∫₀^∞ e^(−x²) dx"),
        (r"\lim_{x \to 0} \frac{\sin x}{x} = 1", "lim_(x→0) (sin x)/x = 1"),
        (r"e^{i\pi} + 1 = 0", "e^(iπ) + 1 = 0"),
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "(a b; c d)"),
        (r"\begin{cases} x & x > 0 \\ 0 & \text{else} \end{cases}", "{x, x > 0; 0, else"),
        (r"\begin{align} a &= b \\ &= c \end{align}", "a = b = c"),
        (r"\vec{v}, \hat{x}, \overline{AB}", "v⃗, x̂, A̅B̅"),
        (r"x \in \mathbb{R} \setminus \{0\}", "x ∈ ℝ ∖ {0}"),
        (r"\forall \varepsilon > 0\ \exists \delta", "∀ε > 0 ∃δ"),
        (r"p \land \neg q \implies r", "p ∧ ¬q ⟹ r"),
        (r"\left(\frac{a}{b}\right)^2", "(a/b)²"),
        (r"|x| + \|v\| + \abs{-y}", "|x| + ‖v‖ + |−y|"),
        (r"\binom{n}{k}", "(n choose k)"),
        (r"90^\circ, 5\,\text{m/s}^2, 1{,}5, 10,000", "90°, 5 m/s², 1,5, 10,000"),
        (r"\ce{2H2 + O2 -> 2H2O}", "2H₂ + O₂ → 2H₂O"),
        (r"\ce{SO4^2- + Na+ <=> NaSO4-}", "SO₄²⁻ + Na⁺ ⇌ NaSO₄⁻"),
        (r"f'(x) = y''", "f′(x) = y″"),
        (r"\hat{\beta} = (X^\top X)^{-1} X^\top y", "β̂ = (XᵀX)⁻¹Xᵀy"),
        (r"\operatorname{Var}(X) \approx \log_2 n", "Var(X) ≈ log₂ n"),
        (r"a \not= b \not\subset c", "a ≠ b ⊄ c"),
        (r"\mathbf{F} = m \mathbf{a}, \mathcal{L}", "𝐅 = m𝐚, ℒ"),
        (r"x \xrightarrow{f} y", "x ─f→ y"),
    ],
)
def test_a_formula_reads_so_in_one_line(source: str, line: str) -> None:
    assert in_line(source) == line


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        (
            r"x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}",
            ["           ________", "     −b ± √b² − 4ac", "x = ────────────────", "           2a"],
        ),
        (r"\sum_{i=1}^{n} i", [" n", " ∑  i", "i=1"]),
        (r"\begin{bmatrix} 1 & 0 \\ 0 & 10 \end{bmatrix}", ["⎡1  0 ⎤", "⎣0  10⎦"]),
        (
            r"|x| = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{else} \end{cases}",
            ["|x| = ⎰x   if x ≥ 0", "      ⎱−x  else"],
        ),
        (r"\left(1+\frac1n\right)^n", ["⎛     1 ⎞ⁿ", "⎜1 + ───⎟", "⎝     n ⎠"]),
        (r"\int_a^b f", ["⌠b", "⎮  f", "⌡a"]),
        (r"\begin{aligned} a+b &= c \\ d &= e \end{aligned}", ["a + b = c", "    d = e"]),
        (r"e^{-\lambda t}", [" −λt", "e"]),
        (r"E = mc^2", ["E = mc²"]),
        (r"\underbrace{a + b}_{n}", ["a + b", "╰─┬─╯", "  n"]),
        (r"\boxed{x=1}", ["┌───────┐", "│ x = 1 │", "└───────┘"]),
    ],
)
def test_a_formula_by_itself_takes_the_lines_it_needs(source: str, rows: list[str]) -> None:
    assert drawing(source, 60) == tuple(rows)


def test_a_formula_that_is_too_wide_is_broken_before_a_relation_or_an_operator() -> None:
    source = r"y = \beta_0 + \beta_1 x_1 + \beta_2 x_2 = \frac{a}{b} + c"
    assert drawing(source, 26) == (
        "y = β₀ + β₁x₁ + β₂x₂",
        "",
        "     a",
        "  = ─── + c",
        "     b",
    )


def test_the_steps_of_an_alignment_that_is_too_wide_stand_below_one_another() -> None:
    source = r"\begin{align} f(x) &= (x+1)(x+2) + 17 \\ &= x^2 + 3x + 2 + 17 \end{align}"
    assert drawing(source, 24) == (
        "f(x) = (x + 1)(x + 2)",
        "  + 17",
        "  = x² + 3x + 2 + 17",
    )


@pytest.mark.parametrize(
    "source",
    [r"\frac{1}{", r"\foo{x}", "x^", "}", r"\left( x", r"\def\a{\a\a}\a", "{" * 90, "", r"\ce{"],
)
def test_what_cannot_be_read_is_left_to_its_source(source: str) -> None:
    assert in_line(source) is None
    assert drawing(source, 40) is None


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "from $5-$10, or US$3 to US$4",
        "$5, or 6$ with tip",
        "set $HOME and $PATH",
        "`$x$` and ``$y$``",
        "a \\$5\\$ b",
        "an open $x and no end",
        "$ x $ has spaces inside",
        "some $words$ and $5 to 6$",
    ],
)
def test_money_names_and_code_are_no_formulas(text: str) -> None:
    (block,) = parse(text)
    assert isinstance(block, Paragraph)
    assert not any(span.marks & MATHS for span in block.spans)
    assert shown(text) == [text.replace("`", "").replace("\\", "")]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (r"so $a_1$ and \(b\), \[c = 1\]", ["so a₁ and b, c = 1"]),
        ("a\n$$\nx^2\n$$\nb", ["a", "", "  x²", "", "b"]),
        ("a\n\\[ x^2 \\]\nb", ["a", "", "  x²", "", "b"]),
        ("\\begin{align*}\na &= b\n\\end{align*}", ["  a = b"]),
        ("- so:\n  $$\n  x^2\n  $$", ["• so:", "    x²"]),
        ("> $$x^2$$", ["▌   x²"]),
        ("```math\nx^2\n```", ["  x²"]),
        ("|a|\n|-|\n|$x^2$|", ["a", "──", "x²"]),
        ("# Of $x^2$", ["Of x²"]),
        ("**so $x^2$**", ["so x²"]),
        ("so $$x^2$$ here", ["so x² here"]),
        ("$ABC$, $dx$, $AB, CD$, $sin(x)$, $n - 1$", ["ABC, dx, AB, CD, sin(x), n − 1"]),
        ("$$\\foo{x}$$", ["$$\\foo{x}$$"]),
        ("$\\foo{x}$ stays", ["$\\foo{x}$ stays"]),
        ("\\[see below\\]", ["[see below]"]),
        ("$$\nno end\n\nhere", ["$$", "no end", "", "here"]),
    ],
)
def test_formulas_are_found_where_people_write_them(text: str, lines: list[str]) -> None:
    assert shown(text) == lines


def test_latex_code_that_is_no_formula_stays_code() -> None:
    assert shown("```latex\n\\section{One}\n```", 30)[0] == "│latex"
    assert shown("```latex\n\\frac{a}{b}\n```", 30) == ["   a", "  ───", "   b"]


def test_a_selection_over_a_formula_gives_text_that_reads_in_one_line() -> None:
    layout = lay_out(parse("so\n\n$$\\frac{a}{b}$$\n\nend"), 40, PALETTE)
    assert layout.copy == "so\n\na/b\n\nend"
    drawn = [line for line in layout.lines if "─" in line.text]
    assert [(set(line.offsets), line.at) for line in drawn] == [({NOT_COPIED}, 4)]


def test_each_formula_knows_its_latex() -> None:
    lines = lay_out(parse("so $a_1$\n\n$$\\frac{a}{b}$$"), 40, PALETTE).lines
    sources = {
        segment.style.meta["url"]
        for line in lines
        for segment in line.segments
        if segment.style and "url" in segment.style.meta
    }
    assert sources == {f"{URL}a_1", f"{URL}\\frac{{a}}{{b}}"}


def test_while_it_is_written_a_formula_is_shown_as_its_source() -> None:
    live = Live(40, PALETTE)
    seen = []
    for piece in ("Look:\n\n$$\n", "x = \\frac{1}", "{2}\n- y\n", "$$", "\n"):
        live.feed(piece)
        seen.append([line.rstrip() for line in texts(live.lines())][2:])
    assert seen == [
        ["$$"],
        ["$$", "x = \\frac{1}"],
        ["$$", "x = \\frac{1}{2}", "- y"],
        ["$$", "x = \\frac{1}{2}", "- y", "$$"],
        ["       1", "  x = ─── − y", "       2"],
    ]


_LATEX = [
    "\\frac", "{", "}", "x", "^", "_", "\\sqrt", "[3]", "\\sum", "\\int", "\\left(", "\\right)",
    "\\begin{matrix}", "\\end{matrix}", "&", "\\\\", "\\text{a b}", "\\hat", "\\vec", " ", "12",
    "+", "=", "\\alpha", "\\unknown", "\\ce{H2O}", "\\overbrace", "\\not", "|", "\\left.", "'",
    "\\right|", "\\underline", "\\mathbf", "\\binom", "{a}{b}", "\\lim", "\\begin{cases}", "学",
    "\\end{cases}", "\\limits", "\\abs{x}", "\\xrightarrow{f}", "%", "\n", "\\,", "e\u0301", "👩",
    "\\boxed", "\\color{red}", "\\tag{1}", "\\begin{array}{c|c}", "\\end{array}", "\\hline", "$",
    "\\unicode{x1b}", "\\phantom", "\\cancel", "\\substack", "\\stackrel", "\\operatorname",
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(_LATEX), max_size=25).map("".join), st.integers(4, 60))
@example("\\begin{array}{c|c}a&\\frac{a}{b}\\\\\\hline c\\end{array}", 30)
@example("\\left.\\frac{a}{b}\\right|_0^1", 30)
@example("\\begin{matrix}\\end{matrix}", 30)
@example("\\hat" * 30 + "x", 30)
def test_no_latex_raises_or_is_wider_than_it_may_be(source: str, width: int) -> None:
    line = in_line(source)
    assert line is None or (line == harmless(line) and "\n" not in line and line.strip())
    for row in drawing(source, width) or ():
        assert cells(row) <= width
        assert row == harmless(row)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["$5", " and ", "10$ ", "$ ", "word", "\n", "\n\n", "- ", "**b**", "$", "`$x$`", ", "]
        ),
        max_size=20,
    ).map("".join)
)
def test_dollars_that_enclose_no_formula_are_shown_as_any_other_character(text: str) -> None:
    blocks = parse(text)
    if any(isinstance(block, Maths) for block in blocks) or str(MATHS) in repr(blocks):
        return
    other = [line.replace("€", "$") for line in shown(text.replace("$", "€"))]
    assert shown(text) == other
