"""Each ending of a run has its own sentence, and something to do about it."""

from __future__ import annotations

import pytest

from studybuddy.chat.run_endings import Ending, ending, given_up
from studybuddy.domain.messages import MessageState
from studybuddy.domain.polling import GiveUp
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import Run, RunStatus

DOWN = Problem(ProblemKind.NO_CONNECTION, "The server can't be reached.", transient=True)


def ended(
    status: RunStatus,
    *,
    text: str = "So far.",
    used_tools: bool = False,
    stop_asked: bool = False,
    code: str = "",
    error: str = "",
    reason: str = "",
) -> Ending:
    run = Run("r", "t", "a", status, error=error, error_code=code, incomplete_reason=reason)
    return ending(run, text=text, used_tools=used_tools, stop_asked=stop_asked)


def bad_endings() -> list[Ending]:
    codes = ["server_error", "rate_limit_exceeded", "invalid_prompt"]
    reasons = ["max_completion_tokens", "max_prompt_tokens", "content_filter"]
    return [
        *(ended(RunStatus.FAILED, code=code) for code in codes),
        *(ended(RunStatus.INCOMPLETE, reason=reason, text="") for reason in reasons),
        ended(RunStatus.COMPLETED, text=""),
        ended(RunStatus.EXPIRED),
        given_up(GiveUp.GONE, None, stop_asked=False),
        given_up(GiveUp.OVERDUE, None, stop_asked=False),
        given_up(GiveUp.UNREACHABLE, DOWN, stop_asked=False),
        given_up(GiveUp.UNREACHABLE, DOWN, stop_asked=True),
    ]


def test_no_two_bad_endings_are_told_alike_and_each_says_what_to_do() -> None:
    problems = [end.problem for end in bad_endings()]
    assert all(problem is not None for problem in problems)
    told = [problem for problem in problems if problem is not None]
    assert len({problem.sentence for problem in told}) == len(told)
    assert all(problem.advice.endswith(".") for problem in told)


def test_a_key_that_was_refused_is_not_to_be_tried_again_but_replaced() -> None:
    told = "The model's server refused the key: scripted 401."
    problem = ended(RunStatus.FAILED, code="server_error", error=told, text="").problem
    assert problem == Problem(
        ProblemKind.UNAUTHORIZED, told, "Press F12 and paste another key.", transient=False
    )


def test_a_whole_answer_stands() -> None:
    assert ended(RunStatus.COMPLETED) == Ending(MessageState.COMPLETE)


def test_a_run_that_only_used_tools_has_answered() -> None:
    assert ended(RunStatus.COMPLETED, text="", used_tools=True).state is MessageState.COMPLETE


def test_a_run_that_finished_before_it_could_be_stopped_keeps_its_answer_and_says_so() -> None:
    end = ended(RunStatus.COMPLETED, stop_asked=True)
    assert (end.state, end.remark) == (
        MessageState.COMPLETE,
        "It had finished before it could be stopped.",
    )


def test_a_stopped_run_is_stopped_and_one_stopped_elsewhere_says_so() -> None:
    assert ended(RunStatus.CANCELLED, stop_asked=True) == Ending(MessageState.STOPPED, "stopped")
    assert "somewhere else" in ended(RunStatus.CANCELLED).remark


@pytest.mark.parametrize(
    ("reason", "finish_reason", "words"),
    [
        ("max_completion_tokens", "length", "limit on its length"),
        ("max_prompt_tokens", "max_prompt_tokens", "too much to read"),
        ("content_filter", "content_filter", "content filter"),
        ("something_new", "length", "something_new"),
    ],
)
def test_an_incomplete_answer_is_kept_and_names_its_limit(
    reason: str, finish_reason: str, words: str
) -> None:
    end = ended(RunStatus.INCOMPLETE, reason=reason)
    assert (end.state, end.finish_reason, end.problem) == (
        MessageState.COMPLETE,
        finish_reason,
        None,
    )
    assert words in end.remark


def test_a_failed_run_tells_the_servers_reason() -> None:
    end = ended(RunStatus.FAILED, code="server_error", error="The model crashed.")
    assert end.problem is not None
    assert end.problem.sentence == "The run failed: “The model crashed”."


def test_a_run_that_cannot_be_reached_may_still_be_answered() -> None:
    end = given_up(GiveUp.UNREACHABLE, DOWN, stop_asked=False)
    assert end.state is MessageState.INTERRUPTED
    assert end.problem is not None
    assert end.problem.sentence.startswith(DOWN.sentence)


def test_a_refused_key_is_told_as_it_is() -> None:
    refused = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.")
    assert given_up(GiveUp.REFUSED, refused, stop_asked=False).problem is refused
