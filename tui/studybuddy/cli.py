"""Arguments to services to the TUI, `ask`, `serve` or `doctor`: the only place that sees all."""

from __future__ import annotations


def main(argv: list[str] | None = None) -> int:
    """Run `studybuddy` and return its exit code."""
    return 0
