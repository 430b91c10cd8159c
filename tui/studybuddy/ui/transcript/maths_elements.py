"""What the elements of a formula's tree say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.ui.transcript.maths_letters import in_variant
from studybuddy.ui.transcript.wrap import measurable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def letters_of(element: Element) -> str:
    """Return what a letter, number, operator or text shows."""
    text = measurable(element.text or "")
    variant = element.get("mathvariant")
    if variant and variant != "normal":
        return "".join([in_variant(character, variant) for character in text])
    if element.tag == "mtext":
        return text.replace("\xa0", " ")
    return text.replace("\u2006", "").strip().replace("⧵", "∖").replace("~", "∼")


def flattened(elements: Sequence[Element]) -> list[Element]:
    """Return elements with those taken apart that only group others."""
    found: list[Element] = []
    for element in elements:
        if element.tag in ("mrow", "mstyle", "mpadded"):
            found.extend(flattened(list(element)))
        else:
            found.append(element)
    return found


def mark_of(element: Element | None) -> str:
    """Return the mark that an element above or below another is; empty for none."""
    return (element.text or "") if element is not None and element.tag == "mo" else ""


def space_of(width: str) -> int:
    """Return how many cells a space of a width such as "1em" takes."""
    if width.endswith("em"):
        try:
            size = float(width[:-2])
        except ValueError:
            return 0
        return min(8, 0 if size < 0.15 else max(1, round(size * 2 - 0.2)))
    return 1 if width.endswith(("cm", "mm", "pt", "ex")) else 0
