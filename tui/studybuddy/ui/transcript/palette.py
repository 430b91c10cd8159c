"""The styles that the layout draws with, looked up once per theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache

from rich.style import Style

from studybuddy.ui.transcript.spans import (
    ADDRESS,
    CITATION,
    CODE,
    EMPHASIS,
    IMAGE,
    LINK,
    MATHS,
    STRIKE,
    STRONG,
)

_BOLD = Style(bold=True)
_ITALIC = Style(italic=True)
_STRUCK = Style(strike=True)


@dataclass(frozen=True, slots=True)
class Palette:
    """Complete rich styles, colours on background, named as the component classes are."""

    text: Style
    user: Style
    user_name: Style
    user_bar: Style
    assistant_name: Style
    assistant_bar: Style
    dim: Style
    cursor: Style
    selection: Style
    note: Style
    error: Style
    heading: Style
    subheading: Style
    quote: Style
    quote_bar: Style
    marker: Style
    link: Style
    citation: Style
    maths: Style
    rule: Style
    table_header: Style
    table_border: Style
    code_inline: Style
    code: Style
    code_label: Style
    code_comment: Style
    code_keyword: Style
    code_string: Style
    code_number: Style
    code_name: Style
    code_builtin: Style
    code_operator: Style
    code_added: Style
    code_removed: Style
    spoken: bool = False
    """Whether a screen reader says what is drawn: nothing but text stands beside the text."""

    @property
    def code_is_framed(self) -> bool:
        """Whether code needs a line beside it, its background being that of the text."""
        return not self.spoken and self.code.bgcolor == self.text.bgcolor

    def syntax(self, kind: str) -> Style:
        """Return the style of a kind of token, as `highlight` names them."""
        style: Style = getattr(self, f"code_{kind}") if kind else self.code
        return style

    def marked(self, base: Style, marks: int, url: str) -> Style:
        """Return `base` with the marks of a span laid over it."""
        if marks & CODE:
            base = over(base, self.code_inline, self.text)
        if marks & (LINK | IMAGE):
            base = over(base, self.link, self.text)
        if marks & CITATION:
            base = over(base, self.citation, self.text)
        if marks & MATHS:
            base = over(base, self.maths, self.text)
        if marks & ADDRESS:
            base = over(base, self.dim, self.text)
        if marks & STRONG:
            base += _BOLD
        if marks & EMPHASIS:
            base += _ITALIC
        if marks & STRIKE:
            base += _STRUCK
        return base + _target(url) if url else base


PARTS = tuple(field.name for field in fields(Palette) if field.name != "spoken")


def component(part: str) -> str:
    """Return the component class of a part of the palette: `code_label` is
    `transcript--code-label`."""
    return f"transcript--{part.replace('_', '-')}"


def make_palette(style_of: Callable[[str], Style], *, spoken: bool = False) -> Palette:
    """Look up each part's style by its component class."""
    return Palette(**{part: style_of(component(part)) for part in PARTS}, spoken=spoken)


@lru_cache(maxsize=1024)
def over(base: Style, part: Style, text: Style) -> Style:
    """Lay over `base` only what distinguishes `part` from ordinary `text`."""
    return base + Style(
        color=part.color if part.color != text.color else None,
        bgcolor=part.bgcolor if part.bgcolor != text.bgcolor else None,
        bold=part.bold if part.bold != text.bold else None,
        dim=part.dim if part.dim != text.dim else None,
        italic=part.italic if part.italic != text.italic else None,
        underline=part.underline if part.underline != text.underline else None,
        reverse=part.reverse if part.reverse != text.reverse else None,
        strike=part.strike if part.strike != text.strike else None,
    )


@lru_cache(maxsize=256)
def _target(url: str) -> Style:
    return Style(meta={"url": url})
