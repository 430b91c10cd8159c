"""LaTeX -> a tree of presentation MathML, which names each part of a formula."""

from __future__ import annotations

import html
import logging
import re
from typing import TYPE_CHECKING

from studybuddy.domain.text import harmless

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LIMIT = 2_500
"""Longest formula, in characters, that is drawn."""
_DEEPEST = 40
"""Braces and brackets inside one another above which a formula is shown as its source."""

_log = logging.getLogger(__name__)

# What a formula from anywhere should not do: define commands that unfold without end.
_FORBIDDEN = re.compile(r"\\(?:def|let|(?:re)?newcommand|providecommand|DeclareMathOperator)\b")
_DROPPED = re.compile(
    r"\\(?:label|ref|require)\s*\{[^{}]*\}|\\(?:nonumber|notag|nolimits|allowbreak|nobreak"
    r"|hfill|noindent|displaylimits)(?![A-Za-z])|(?<!\\)%[^\n]*(?:\n|$)"
)
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
_TEXT_WITH_MATHS = re.compile(r"\\(text|mbox|textrm|hbox)\s*\{([^{}$]*)\$([^{}$]*)\$([^{}$]*)\}")
_ENVIRONMENT = re.compile(
    r"\\(begin|end)\s*\{(align|alignat|aligned|alignedat|eqnarray|flalign|split|gather|gathered"
    r"|multline|dcases|rcases|equation|displaymath|math)\*?\}(?:\s*\[[tbc]\])?"
)
_ALIGNED = ("align", "alignat", "aligned", "alignedat", "eqnarray", "flalign", "split")
_COLUMNS = re.compile(r"(\\begin\{(?:alignat|alignedat)\*?\})\s*\{\d+\}")
_NAMES = re.compile(r"\\(arg|argmax|argmin|sgn|diag|rank|tr|Tr|lcm|Var|Cov|softmax|erf|grad|curl"
                    r"|div|sinc|arcsinh|arccosh|sech|csch|arccot|cosec)(?![A-Za-z])")  # fmt: skip
_SHORT = {
    r"\R": r"\mathbb{R}", r"\N": r"\mathbb{N}", r"\Z": r"\mathbb{Z}", r"\Q": r"\mathbb{Q}",
    r"\C": r"\mathbb{C}", r"\E": r"\mathbb{E}", r"\dd": r"\,d", r"\lbrace": r"\{",
    r"\rbrace": r"\}", r"\strut": "", r"\mathstrut": "", r"\null": "", r"\qedhere": "",
    r"\lparen": "(", r"\rparen": ")", r"\empty": r"\emptyset",
    r"\reals": r"\mathbb{R}", r"\dotsc": r"\ldots", r"\dotsb": r"\cdots", r"\dotsm": r"\cdots",
    r"\colon": r":", r"\implies": r"\Longrightarrow", r"\iff": r"\Longleftrightarrow",
}  # fmt: skip
_SHORT_NAME = re.compile(r"\\[A-Za-z]+")
_WITH_ARGUMENTS = {
    "abs": r"\left|#1\right|", "norm": r"\left\|#1\right\|", "set": r"\left\{#1\right\}",
    "ceil": r"\left\lceil #1\right\rceil", "floor": r"\left\lfloor #1\right\rfloor",
    "dv": r"\frac{d #1}{d #2}", "pdv": r"\frac{\partial #1}{\partial #2}",
    "derivative": r"\frac{d #1}{d #2}", "textsuperscript": r"{}^{\text{#1}}",
    "textsubscript": r"{}_{\text{#1}}", "si": r"\mathrm{#1}", "num": "{#1}",
    "mathds": r"\mathbb{#1}",
    "SI": r"{#1}\,\mathrm{#2}", "qty": r"{#1}\,\mathrm{#2}", "unit": r"\mathrm{#1}",
    "emph": r"\text{#1}", "textnormal": r"\text{#1}", "ensuremath": "{#1}", "vb": r"\mathbf{#1}",
    "ip": r"\langle #1\rangle", "inner": r"\langle #1, #2\rangle", "expval": r"\langle #1\rangle",
    "eval": r"\left.#1\right|", "order": r"\mathcal{O}(#1)", "pmb": r"\mathbf{#1}",
}  # fmt: skip
_CALL = re.compile(r"\\(" + "|".join(_WITH_ARGUMENTS) + r"|ce|pu)\s*(?=\{)")


def tree_of(source: str) -> Element | None:
    """Return the tree of a formula without its dollars, or `None` where it can't be read."""
    if len(source) > LIMIT or not source.strip() or _FORBIDDEN.search(source):
        return None
    if _depth(source) > _DEEPEST:
        return None
    from latex2mathml.converter import convert_to_element  # 80 ms, for the first formula

    prepared = _prepared(source)
    if prepared is None:
        return None
    try:
        tree: Element = convert_to_element(prepared, display="block")
    except Exception as problem:  # noqa: BLE001 - foreign code on any text: the source is shown
        _log.debug("a formula can't be read: %s", type(problem).__name__)
        return None
    for element in tree.iter():
        if element.text:
            element.text = harmless(html.unescape(element.text)).replace("\n", " ")
            if element.tag == "mi" and element.text.startswith(("\\", "{", "}")):
                return None  # a command that is not known
    return tree


def _depth(source: str) -> int:
    depth = deepest = 0
    for found in re.finditer(r"[{}]|\\left|\\right|\\begin|\\end", source):
        depth += 1 if found[0] in ("{", "\\left", "\\begin") else -1
        deepest = max(deepest, depth)
    return deepest


def _prepared(source: str) -> str | None:
    """Say in the commands that the parser knows what is often said in others."""
    if not any(mark in source for mark in ("\\", "%", "{,}")):
        return source
    source = _DROPPED.sub(" ", source).replace("{,}", r"\text{,}")
    calls = 0
    while (call := _CALL.search(source)) and calls < 50:
        calls += 1
        expanded = _expanded(source, call)
        if expanded is None:
            return None
        source = expanded
    source = _TAG.sub(r"\\qquad\\text{(\1)}", source)
    source = _TEXT_WITH_MATHS.sub(r"\\\1{\2}\3\\\1{\4}", source)
    source = _NAMES.sub(r"\\operatorname{\1}", source)
    source = _COLUMNS.sub(r"\1", source)
    source = _ENVIRONMENT.sub(_environment, source)
    return _SHORT_NAME.sub(lambda name: _SHORT.get(name[0], name[0]), source)


def _environment(found: re.Match[str]) -> str:
    edge, name = found[1], found[2]
    if name in _ALIGNED:
        return rf"\{edge}{{align*}}"
    if name in ("dcases", "rcases"):
        return rf"\{edge}{{cases}}"
    if name in ("gather", "gathered", "multline"):
        return rf"\{edge}{{matrix}}"
    return "{" if edge == "begin" else "}"


def _expanded(source: str, call: re.Match[str]) -> str | None:
    name = call[1]
    if name in ("ce", "pu"):
        from studybuddy.ui.transcript.maths_chemistry import latex_of

        template = ""
        count = 1
    else:
        template = _WITH_ARGUMENTS[name]
        count = 2 if "#2" in template else 1
    end = call.end()
    arguments: list[str] = []
    for _ in range(count):
        while end < len(source) and source[end] == " ":
            end += 1
        stop = _closing(source, end)
        if stop is None:
            return None
        arguments.append(source[end + 1 : stop])
        end = stop + 1
    if name in ("ce", "pu"):
        text = latex_of(arguments[0])
    else:
        text = template.replace("#1", arguments[0]).replace("#2", arguments[-1])
    return f"{source[: call.start()]} {text} {source[end:]}"


def _closing(source: str, opening: int) -> int | None:
    if opening >= len(source) or source[opening] != "{":
        return None
    depth = 0
    position = opening
    while position < len(source):
        character = source[position]
        if character == "\\":
            position += 1
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if not depth:
                return position
        position += 1
    return None
