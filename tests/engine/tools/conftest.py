"""Fixtures for code that runs."""

from __future__ import annotations

import threading

import pytest

from studybuddy.engine.tools.sandbox import Job


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when code has printed something."""
    event = threading.Event()
    take = Job._take

    def taken(job: Job, stream: str, text: str) -> None:
        take(job, stream, text)
        event.set()

    monkeypatch.setattr(Job, "_take", taken)
    return event
