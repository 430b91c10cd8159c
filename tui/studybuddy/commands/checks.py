"""The lines of a check list."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from studybuddy.domain.problems import Problem
from studybuddy.domain.text import harmless

_WIDTH = 88


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; a chat works all the same."""
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list, and for what is not well the line under it."""

    name: str
    state: State
    text: str
    advice: str = ""

    @classmethod
    def failed(cls, name: str, problem: Problem, state: State = State.FAIL) -> Check:
        """The check that found a problem."""
        return cls(name, state, problem.sentence, problem.advice)


def as_text(checks: Iterable[Check]) -> str:
    """The list for reading: state, name, text, and what to do under each that needs it."""
    lines: list[str] = []
    for check in checks:
        head = f"{check.state:<5} {check.name:<15} "
        lines += textwrap.wrap(
            harmless(check.text).replace("\n", " ") or "-",
            _WIDTH,
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_long_words=False,
            break_on_hyphens=False,
        )
        if check.advice:
            lines += textwrap.wrap(
                harmless(check.advice),
                _WIDTH,
                initial_indent=" " * len(head) + "-> ",
                subsequent_indent=" " * (len(head) + 3),
                break_long_words=False,
                break_on_hyphens=False,
            )
    return "\n".join(lines)
