"""How a run ended, told to the student: each ending with its sentence and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from studybuddy.domain.limits import BudgetState
from studybuddy.domain.messages import MessageState
from studybuddy.domain.polling import GiveUp
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import Run, RunStatus

_RETRY = "Press the retry key to ask again."
_ELSE = "Go on once more, or ask for the rest in your own words."
_KEY_REFUSED = "refused the key"
"""In the companion engine's sentence; the API's runs have no error code for it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of the answer."""

    state: MessageState
    finish_reason: str = "stop"
    """As `TurnFinished` has it."""
    remark: str = ""
    """For an answer that stands, what should be known about it."""
    problem: Problem | None = None
    """For an answer that does not."""


_LIMITS = {
    "max_completion_tokens": (
        "length",
        "Cut off by the limit on its length.",
        "Ask it to go on.",
    ),
    "max_prompt_tokens": (
        "max_prompt_tokens",
        "Cut off: there was too much to read.",
        "Begin a new thread.",
    ),
    "content_filter": (
        "content_filter",
        "Cut off by the server's content filter.",
        "Ask in other words.",
    ),
}
"""Short, for the status line shows them beside the meter."""

_FAILURES = {
    "rate_limit_exceeded": (
        ProblemKind.RATE_LIMITED,
        "Whoever answers has too much to do, or your limit there is used up",
        "Wait a minute, then press the retry key.",
        True,
    ),
    "invalid_prompt": (
        ProblemKind.BAD_REQUEST,
        "The question was not accepted",
        "Ask in other words, or begin a new thread.",
        False,
    ),
    "server_error": (ProblemKind.SERVER_ERROR, "The run failed", _RETRY, True),
}


def ending(
    run: Run,
    *,
    text: str,
    used_tools: bool,
    stop_asked: bool,
    over: BudgetState | None = None,
    said_again: bool = False,
) -> Ending:
    """The ending of a run that is over.

    Args:
        run: as the server has it.
        text: what it wrote.
        used_tools: whether it did anything else.
        stop_asked: whether it was asked to stop.
        over: the budget for which it was; `None` where the student asked.
        said_again: whether it only wrote what was there of the answer that it goes on with.
    """
    if said_again and run.status in (RunStatus.COMPLETED, RunStatus.INCOMPLETE):
        return _failed(ProblemKind.EMPTY, "It said the same again, and nothing more.", _ELSE)
    match run.status:
        case RunStatus.COMPLETED if text or used_tools:
            late = "It had finished before it could be stopped." if stop_asked else ""
            if over is not None:
                late = f"{over} It had finished before it could be stopped."
            return Ending(MessageState.COMPLETE, remark=late)
        case RunStatus.COMPLETED:
            return _failed(
                ProblemKind.EMPTY, "The assistant ended without an answer.", _RETRY, transient=True
            )
        case RunStatus.INCOMPLETE if text and over is not None:
            remark = f"Stopped: {over.name} is used up."
            return Ending(MessageState.COMPLETE, "length", remark)
        case RunStatus.INCOMPLETE:
            return _incomplete(run, text)
        case RunStatus.CANCELLED:
            remark = "" if stop_asked else "The run was cancelled from somewhere else."
            if over is not None:
                remark = f"Stopped: {over.name} is used up."
            return Ending(MessageState.STOPPED, "stopped", remark)
        case RunStatus.EXPIRED:
            return _failed(
                ProblemKind.TIMEOUT,
                "The run took longer than it may, and expired.",
                "Press the retry key to ask again; a smaller question is answered sooner.",
                transient=True,
            )
        case _:
            return _run_failed(run)


def given_up(reason: GiveUp, problem: Problem | None, *, stop_asked: bool) -> Ending:
    """The ending of a run that is not followed any more although it is not known to be over."""
    match reason:
        case GiveUp.GONE:
            return _failed(
                ProblemKind.NOT_FOUND,
                "The server no longer knows this run: it was deleted there, or its data is lost.",
                _RETRY,
            )
        case GiveUp.REFUSED if problem is not None:
            return Ending(MessageState.FAILED, problem=problem)
        case GiveUp.OVERDUE:
            return _failed(
                ProblemKind.TIMEOUT,
                "The run should have ended long ago, and the server says that it is still at it.",
                _RETRY,
            )
        case _ if stop_asked:
            return _interrupted(
                "The run was asked to stop, and the server has not said yet that it did.",
                "What comes of it is fetched at the next start; the retry key looks now.",
            )
        case _:
            cause = ""
            if problem is not None:
                cause = f"{problem if not problem.transient else problem.sentence} "
            return _interrupted(
                f"{cause}The run may go on there without us.",
                "Press the retry key to look again; otherwise its answer is fetched at the next"
                " start.",
            )


def never_begun() -> Ending:
    """The ending of a turn that was stopped before there was a run."""
    return Ending(MessageState.STOPPED, "stopped")


def perhaps_begun() -> Ending:
    """The ending of a turn that was stopped while a run was being made, which was not found."""
    return _interrupted(
        "It was stopped while the question was on its way, and the server does not say whether it"
        " arrived.",
        "Press the retry key to look again.",
    )


def not_set_up(endpoint: str) -> Ending:
    """The ending of a turn whose run can't be looked for where it is, if it still is."""
    return _interrupted(
        f"“{endpoint}”, which was asked here, is not set up any more.",
        "Set it up again, and the retry key looks for the answer there.",
    )


def _incomplete(run: Run, text: str) -> Ending:
    reason = run.incomplete_reason
    finish_reason, sentence, advice = _LIMITS.get(
        reason,
        (
            "length",
            f"Cut off{f': {reason}' if reason else ''}.",
            "Ask it to go on.",
        ),
    )
    if text:
        return Ending(MessageState.COMPLETE, finish_reason, f"{sentence} {advice}")
    kind = {
        "max_prompt_tokens": ProblemKind.CONTEXT_OVERFLOW,
        "content_filter": ProblemKind.CONTENT_FILTER,
    }.get(reason, ProblemKind.CUT_OFF)
    sentence = f"No answer came: {sentence[0].lower()}{sentence[1:]}"
    return _failed(kind, sentence, "Begin a new thread, or ask in fewer words.")


def _run_failed(run: Run) -> Ending:
    told = run.error.strip()
    if _KEY_REFUSED in told:
        return _failed(ProblemKind.UNAUTHORIZED, told, "Press F12 and paste another key.")
    kind, sentence, advice, transient = _FAILURES.get(run.error_code, _FAILURES["server_error"])
    sentence += f": “{told.rstrip('.')}”." if told else "."
    return _failed(kind, sentence, advice, transient=transient)


def _failed(kind: ProblemKind, sentence: str, advice: str, *, transient: bool = False) -> Ending:
    return Ending(MessageState.FAILED, problem=Problem(kind, sentence, advice, transient))


def _interrupted(sentence: str, advice: str) -> Ending:
    problem = Problem(ProblemKind.NO_CONNECTION, sentence, advice, transient=True)
    return Ending(MessageState.INTERRUPTED, problem=problem)
