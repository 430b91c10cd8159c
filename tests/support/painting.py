"""Frames for a terminal that is not there, which need not be painted."""

from __future__ import annotations

from typing import Any

import pytest
from textual._compositor import Compositor

_PAINT = Compositor.render_update


def paint_nothing(patch: pytest.MonkeyPatch) -> None:
    """Have no frame painted: tests draw what they look at, all of the screen."""

    def render_update(self: Compositor, *args: Any, **options: Any) -> None:
        self._dirty_regions.clear()

    patch.setattr(Compositor, "render_update", render_update)


def paint(patch: pytest.MonkeyPatch) -> None:
    """Have frames painted after all, for a test of what is painted when."""
    patch.setattr(Compositor, "render_update", _PAINT)
