"""What a copy in the other mode takes with it."""

from __future__ import annotations

from studybuddy.chat.carrying import carried
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Conversation, Message, Mode, Role
from studybuddy.domain.usage import Usage

HEAD = Conversation("c", "Cells", 1.0, 2.0, max_completion_tokens=300, overflow=Overflow.DROP)
QUESTION = Message("q", Role.USER, "Why?", 1.0, pinned=True)
ANSWER = Message("a", Role.ASSISTANT, "So.", 2.0, "q", usage=Usage(9, 3), kept=True)


def test_a_copy_has_the_limits_that_the_student_set() -> None:
    copy = carried(HEAD, (QUESTION, ANSWER), "Be brief.").head
    assert copy.mode is Mode.ASSISTANT
    assert (copy.max_completion_tokens, copy.overflow) == (300, Overflow.DROP)


def test_pinned_and_kept_messages_stay_so_and_nothing_used_is_counted_twice() -> None:
    question, answer = carried(HEAD, (QUESTION, ANSWER), "").messages
    assert (question.pinned, answer.pinned, answer.kept) == (True, False, True)
    assert answer.usage is None
    assert {question.id, answer.id}.isdisjoint({"q", "a"})
