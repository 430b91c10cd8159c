"""The styles that the first frame does without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App

STUDY = Path(__file__).with_name("study.tcss")


def load_study_styles(app: App[Any]) -> None:
    """Read the styles of assistant mode, once; call it before its widgets are mounted."""
    if not app.stylesheet.has_source(str(STUDY), ""):
        app.stylesheet.read(STUDY)
        app.stylesheet.reparse()
        app.stylesheet.update(app)
