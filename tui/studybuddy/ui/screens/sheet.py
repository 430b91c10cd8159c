"""What the screens that fill the terminal share."""

from __future__ import annotations

BREAKPOINTS = [(0, "-short"), (19, "-tall")]
"""Lines from which on there is room for more than the list; below, the styles leave things out."""
