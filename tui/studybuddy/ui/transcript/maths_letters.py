"""Letters of formulas: raised and lowered ones, alphabets, accents; what is an operator."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_RAISED = str.maketrans(
    "0123456789+−-=()nabcdefghijklmoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ∘⊤*",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᵠᵡ°ᵀ*",
)
_LOWERED = str.maketrans(
    "0123456789+−-=()aehijklmnoprstuvxβγρφχ,",
    "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ,",
)
_AS_THEY_ARE = frozenset("′″‴†‡")  # they stand high by themselves

_ACCENTS = {
    "^": "\u0302", "ˆ": "\u0302", "¯": "\u0304", "―": "\u0305", "‾": "\u0305", "~": "\u0303",
    "˜": "\u0303", "˙": "\u0307", "¨": "\u0308", "\u20db": "\u20db", "\u20dc": "\u20dc",
    "→": "\u20d7", "←": "\u20d6", "↔": "\u20e1", "´": "\u0301", "`": "\u0300", "ˇ": "\u030c",
    "˘": "\u0306", "˚": "\u030a",
}  # fmt: skip
UNDERLINE, STRUCK, NEGATED = "\u0332", "\u0336", "\u0338"

_VARIANTS = {
    "bold": "BOLD", "bold-italic": "BOLD", "double-struck": "DOUBLE-STRUCK", "script": "SCRIPT",
    "bold-script": "BOLD SCRIPT", "fraktur": "FRAKTUR", "bold-fraktur": "BOLD FRAKTUR",
    "bold-sans-serif": "SANS-SERIF BOLD",
}  # fmt: skip

BIG = frozenset("∑∏∐⋃⋂⋁⋀⨁⨂⨀⨄⨆")
"""Operators whose limits stand above and below."""
INTEGRALS = frozenset("∫∬∭∮∯∰⨌")
OPENING = frozenset("([{⟨⌈⌊⟦⦃")
CLOSING = frozenset(")]}⟩⌉⌋⟧⦄")
BARS = frozenset("|‖∣∥")
_BINARY = frozenset("+−-±∓×÷·⋅∗*∘∙∪∩⊎⊓⊔∧∨⊕⊖⊗⊘⊙∖⧵⋆⋄†‡≀⨯∔⊞⊠⊢⋊⋉⋈")
_ALONE = frozenset("∀∃∄∅∂∇∞∠∡∢√∛∜∎∆¬′″‴ℏ°△□◻⊤⊥∴∵⋯⋮⋱…/!%#&$_∘")
_PUNCTUATION = frozenset(",;")


def raised(text: str) -> str | None:
    """Return `text` in superscript letters, or `None` where one has no such form."""
    shifted = text.translate(_RAISED)
    for old, new in zip(text, shifted, strict=True):
        if old == new and old not in _AS_THEY_ARE and old != "*":
            return None
    return shifted


def lowered(text: str) -> str | None:
    """Return `text` in subscript letters, or `None` where one has no such form."""
    shifted = text.translate(_LOWERED)
    for old, new in zip(text, shifted, strict=True):
        if old == new and old != ",":
            return None
    return None if set(text) == {","} else shifted


def accent_of(mark: str) -> str | None:
    """Return the combining character for the mark above a letter, if there is one."""
    return _ACCENTS.get(mark)


def over_each(text: str, combining: str) -> str:
    """Return `text` with a combining character on each of its letters."""
    marked = [c if c == " " or unicodedata.combining(c) else c + combining for c in text]
    return unicodedata.normalize("NFC", "".join(marked))


@lru_cache(maxsize=512)
def in_variant(character: str, variant: str) -> str:
    """Return a character of an alphabet such as "double-struck", or itself where it has none."""
    style = _VARIANTS.get(variant)
    if style is None or not character.isalnum():
        return character
    name = unicodedata.name(character, "")
    for prefix in ("LATIN ", "GREEK "):
        name = name.removeprefix(prefix)
    name = name.replace("LETTER ", "")
    for full in (f"MATHEMATICAL {style} {name}", f"{style} {name}", f"BLACK-LETTER {name}"):
        try:
            return unicodedata.lookup(full)
        except KeyError:
            if style != "FRAKTUR" and full.startswith(style):
                break
    return character


@lru_cache(maxsize=1024)
def kind_of(text: str) -> str:
    """Return how an operator or letter keeps its distance.

    One of "bin", "rel", "open", "close", "bar", "punct", "big", "func" and "ord".
    """
    if len(text) > 1 and text.isalpha() and text.isascii():
        return "func"
    first = text[:1]
    if first in BIG or first in INTEGRALS:
        return "big"
    for kind, members in (
        ("open", OPENING), ("close", CLOSING), ("bar", BARS), ("punct", _PUNCTUATION),
    ):  # fmt: skip
        if first in members:
            return "rel" if text == "∣" or text == "∥" else kind
    if first in _ALONE:
        return "bin" if text == "∘" else "ord"
    if first in _BINARY:
        return "rel" if text == "⊢" else "bin"
    if text == ":" or _is_relation(first):
        return "rel"
    return "ord"


def _is_relation(character: str) -> bool:
    if not character:
        return False
    if character in "=<>∼≔≕⩽⩾⪯⪰⊨⟂":
        return True
    code = ord(character)
    arrows = 0x2190 <= code <= 0x21FF or 0x27F0 <= code <= 0x27FF or 0x2900 <= code <= 0x297F
    compared = 0x2208 <= code <= 0x220D or code == 0x221D or 0x2223 <= code <= 0x2226
    return (
        arrows
        or compared
        or 0x2234 <= code <= 0x228B
        or 0x228F <= code <= 0x2292
        or (0x22A2 <= code <= 0x22B8 or 0x22CD <= code <= 0x22EB or 0x2A7D <= code <= 0x2AB0)
    )
