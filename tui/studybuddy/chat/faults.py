"""Faults of the app's own, told as problems."""

from __future__ import annotations

import logging

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

_log = logging.getLogger(__name__)


def problem_of(error: BaseException) -> Problem:
    """The problem that an error carries; one that carries none is logged with its trace."""
    if isinstance(error, StudyBuddyError):
        return error.problem
    _log.error("unexpected failure of a request", exc_info=error)
    return Problem(
        ProblemKind.SERVER_ERROR,
        "Something inside StudyBuddy went wrong while it asked.",
        "The log file has the details (studybuddy doctor shows where it is); try again.",
    )
