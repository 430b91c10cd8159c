"""Pictures in messages, drawn as blocks of colour.

Each cell shows two pixels, one above the other, by a half block in two colours: that works in any
terminal with 256 colours, and survives scrolling and copying, as it is text. Only what is on this
machine is drawn: nothing is fetched, and no share of another machine is opened.
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
import re
import stat
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

from studybuddy.domain.text import harmless

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 8 * 1024 * 1024
"""Bytes of a file, or of what a data: URL holds, above which it is not drawn."""
MOST_PIXELS = 24_000_000
_MOST_ROWS = 22
_CELL = 8, 16
"""Pixels of a picture that a cell shows at most: an icon is not blown up."""
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_DATA = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")

_log = logging.getLogger(__name__)


class Picture(NamedTuple):
    """A picture as it is drawn."""

    rows: tuple[tuple[Segment, ...], ...]
    caption: str
    """Its name and how large it is, such as "plot.png, 640×480"."""


def is_here(source: str) -> bool:
    """Tell whether a picture's source can only be on this machine: a path, or data."""
    if source.startswith(("//", "\\\\")):  # a share: opening it would send our name to a server
        return False
    # A drive of Windows looks like a scheme of one letter.
    return source[:5].lower() == "data:" or _SCHEME.match(source[1:]) is None


@cache
def enough_colours() -> bool:
    """Tell whether the terminal has the colours that a picture needs."""
    from rich.console import Console

    return Console(force_terminal=True).color_system in ("256", "truecolor")


def drawn(source: str, width: int) -> Picture | None:
    """Return the picture, at most `width` cells wide; `None` where it can't be drawn."""
    if not is_here(source) or not enough_colours():
        return None
    if source[:5].lower() == "data:":
        return _drawn_data(source, width) if _DATA.match(source) else None
    try:
        path = Path(unquote(source)).expanduser()
        about = path.stat()
    except (OSError, ValueError, RuntimeError):
        return None
    if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
        return None
    return _drawn_file(os.fspath(path), about.st_mtime_ns, width)


@lru_cache(maxsize=32)
def _drawn_file(path: str, changed: int, width: int) -> Picture | None:
    try:
        content = Path(path).read_bytes()
    except OSError:
        return None
    return _drawn(content, harmless(Path(path).name).replace("\n", " "), width)


@lru_cache(maxsize=8)
def _drawn_data(source: str, width: int) -> Picture | None:
    encoded = source.partition(",")[2]
    if len(encoded) > LARGEST * 4 // 3:
        return None
    try:
        content = base64.b64decode(unquote(encoded), validate=True)
    except (binascii.Error, ValueError):
        return None
    return _drawn(content, "", width)


def _drawn(content: bytes, name: str, width: int) -> Picture | None:
    from PIL import Image  # 60 ms, for the first picture

    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            pixels = image.size
            if pixels[0] * pixels[1] > MOST_PIXELS:
                return None
            small = _shrunk(image, width)
    except Exception as problem:  # noqa: BLE001 - foreign code on any bytes: the label is shown
        _log.info("a picture can't be drawn: %s", type(problem).__name__)
        return None
    size = f"{pixels[0]}×{pixels[1]}"
    return Picture(_half_blocks(small), f"{name}, {size}" if name else size)


def _shrunk(image: Image, width: int) -> Image:
    """Return the picture as large as it is drawn: a pixel wide and two high for each cell."""
    from PIL import Image as Pillow

    across, down = image.size
    scale = min(width / across, _MOST_ROWS * 2 / down, 1 / _CELL[0])
    # What is a line or a few is not made to vanish.
    size = max(1, round(across * scale)), max(2, round(down * scale * 2 * _CELL[0] / _CELL[1]))
    size = size[0], size[1] + size[1] % 2
    image.draft("RGB", (size[0] * 2, size[1] * 2))
    shown = image.convert("RGBA")
    shown = shown.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=2.0)
    page = Pillow.new("RGBA", size, (255, 255, 255, 255))  # plots are made for white paper
    return Pillow.alpha_composite(page, shown).convert("RGB")


def _half_blocks(image: Image) -> tuple[tuple[Segment, ...], ...]:
    width, height = image.size
    data = image.tobytes()
    rows = []
    for y in range(0, height, 2):
        segments: list[Segment] = []
        for x in range(width):
            upper, lower = 3 * (y * width + x), 3 * ((y + 1) * width + x)
            style = _style(data[upper : upper + 3], data[lower : lower + 3])
            if segments and segments[-1].style is style:
                segments[-1] = Segment(segments[-1].text + "▀", style)
            else:
                segments.append(Segment("▀", style))
        rows.append(tuple(segments))
    return tuple(rows)


@lru_cache(maxsize=4096)
def _style(upper: bytes, lower: bytes) -> Style:
    return Style(color=_colour(upper), bgcolor=_colour(lower))


def _colour(pixel: bytes) -> Color:
    return Color.from_triplet(ColorTriplet(pixel[0], pixel[1], pixel[2]))
