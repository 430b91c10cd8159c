"""Which messages on screen the model does not get any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.ui.transcript import Transcript

if TYPE_CHECKING:
    from studybuddy.domain.metering import Reading


class ContextMarks:
    """Marks what sending would leave out or sum up, as the meter found it at rest."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._outside: frozenset[str] = frozenset()

    def clear(self) -> None:
        """Mark nothing."""
        self._mark(frozenset())

    def show(self, reading: Reading) -> None:
        """Mark what is outside by a reading, and nothing else."""
        self._mark(reading.outside)

    def _mark(self, outside: frozenset[str]) -> None:
        if outside != self._outside:
            self._outside = outside
            self._transcript.set_outside(outside)
