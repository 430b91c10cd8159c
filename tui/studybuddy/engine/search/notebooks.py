"""Jupyter notebooks as Markdown: their prose, their code in fences, what it printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_LONGEST_OUTPUT = 2000  # characters of a cell's output


def notebook_text(source: str) -> str | None:
    """The cells in their order; `None` where the text is no notebook."""
    try:
        cells = json.loads(source)["cells"]
        return "\n\n".join(part for cell in cells for part in _cell(cell) if part.strip())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    text = _joined(cell["source"]).strip("\n")
    if cell["cell_type"] != "code":
        yield text
    elif text:
        yield f"```python\n{text}\n```"
        for output in cell.get("outputs", ()):
            shown = output.get("text") or output.get("data", {}).get("text/plain", "")
            yield _joined(shown)[:_LONGEST_OUTPUT].rstrip()


def _joined(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)
