"""The first lines of a long message, and the line that stands for the rest."""

from __future__ import annotations

from studybuddy.ui.transcript.heads import note
from studybuddy.ui.transcript.lines import Layout
from studybuddy.ui.transcript.look import FOLDED, Look
from studybuddy.ui.transcript.palette import over
from studybuddy.ui.transcript.sections import Section


def folded(text: str, look: Look, *, markdown: bool) -> tuple[Section, Layout]:
    """Cut a harmless text: what is shown of it, and the line below, which copies as the rest."""
    end = _end(text, look.width)
    rest = text[end:].strip("\n")
    more = rest.count("\n") + 1
    if more > 1 or text[end : end + 1] == "\n":
        told = f"{more:,} more line{'' if more == 1 else 's'}"
    else:  # the rest of one long line
        told = f"{len(rest):,} more characters"
    palette = look.palette
    style = palette.dim if markdown else over(palette.user, palette.dim, palette.text)
    lines = note(f"… {told} · {look.keys.unfold} unfolds", style, look)
    return Section(text[:end].rstrip("\n"), False, markdown), Layout(lines, rest, [])


def can_fold(text: str, width: int) -> bool:
    """Tell whether folding leaves anything out."""
    return bool(text[_end(text, width) :].strip())


def _end(text: str, width: int) -> int:
    """Return where what is shown ends: before a line feed, or inside a very long line."""
    end = -1
    for _ in range(FOLDED):
        end = text.find("\n", end + 1)
        if end < 0:
            end = len(text)
            break
    most = FOLDED * width * 7 // 8  # between words a line is seldom full
    if end <= most:
        return end
    before = text.rfind("\n", 0, most)
    return before if before > most // 2 else text.rfind(" ", 0, most) + 1 or most
