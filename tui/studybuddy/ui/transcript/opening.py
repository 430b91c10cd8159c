"""What a click may open."""

from __future__ import annotations

import re

_OPENABLE = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)


def openable(url: str) -> bool:
    """Tell whether a click on `url` may open it: http, https and mailto only."""
    return _OPENABLE.match(url) is not None
