"""What holds for all tests of the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.idle import Idleness
from tests.support.painting import paint, paint_nothing
from tests.support.parsed_styles import keep_parsed


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """Wait for what is left to do, and not for a span of time; start without a rest."""
    with pytest.MonkeyPatch.context() as patch:
        Idleness().install(patch)
        keep_parsed(patch)
        paint_nothing(patch)
        patch.setattr("studybuddy.ui.screens.chat.WARM_UP_DELAY", 0.0)
        yield


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are painted, as in a terminal."""
    paint(monkeypatch)
