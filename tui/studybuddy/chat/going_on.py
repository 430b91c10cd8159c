"""What is used by runs that are not over, for those who show it; no record has it yet."""

from __future__ import annotations

from collections.abc import Callable

from studybuddy.domain.accounts import Total


class GoingOn:
    """Runs under way, by their ids."""

    def __init__(self, tell: Callable[[], None]) -> None:
        """Take what is called after each change."""
        self._tell = tell
        self._runs: dict[str, tuple[str, Total]] = {}

    def put(self, run_id: str, conversation_id: str, used: Total) -> None:
        """Take what a run of a conversation used by now."""
        if self._runs.get(run_id) != (conversation_id, used):
            self._runs[run_id] = conversation_id, used
            self._tell()

    def recorded(self, run_id: str) -> None:
        """Its record has it from here on, which is told of by itself."""
        self._runs.pop(run_id, None)

    def over(self, run_id: str) -> None:
        """Nobody follows it any more."""
        if self._runs.pop(run_id, None) is not None:
            self._tell()

    def of(self, conversation_id: str = "") -> Total:
        """Used so far by a conversation's runs, or by all."""
        used = (each for of, each in self._runs.values() if conversation_id in ("", of))
        return sum(used, Total())
