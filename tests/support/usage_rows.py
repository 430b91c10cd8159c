"""The usage that a process leaves on disk, read beside it."""

from __future__ import annotations

import time
from pathlib import Path

from studybuddy.domain.accounts import Selection, UsageRecord
from studybuddy.storage.usage_reader import UsageReader


def usage_rows(home: Path) -> list[UsageRecord]:
    """The records of the program whose files are below `home`, oldest first."""
    return list(UsageReader(home / "data" / "studybuddy.db").records(Selection()))


def under_way(home: Path, seconds: float) -> UsageRecord:
    """The record of a request whose answer comes, once some of that is on disk."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for record in usage_rows(home):
            if record.usage.completion > 0:
                return record
        time.sleep(0.05)
    raise AssertionError(f"nothing of an answer is on disk after {seconds} s")
