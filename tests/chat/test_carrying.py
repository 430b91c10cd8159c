"""What a copy in the other mode takes with it."""

from __future__ import annotations

from dataclasses import replace

from studybuddy.chat.carrying import carried
from studybuddy.domain.limits import Overflow
from studybuddy.domain.messages import Conversation, Message, Mode, Role
from studybuddy.domain.prompts import Example
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


def test_a_persona_goes_along_in_both_directions_and_a_usual_prompt_does_not() -> None:
    head = replace(
        HEAD, system_prompt="Ask first.", persona="Socrates", examples=(Example("Why?", "Well?"),)
    )
    thread = carried(head, (), "Be brief.").head
    chat = carried(thread, (), "Be brief.").head
    for copy in (thread, chat):
        assert (copy.system_prompt, copy.persona) == ("Ask first.", "Socrates")
        assert copy.examples == head.examples
    usual = replace(HEAD, system_prompt="Be long.")
    assert carried(usual, (), "Be brief.").head.system_prompt == ""
    assert carried(carried(usual, (), "").head, (), "Be brief.").head.system_prompt == "Be brief."


def test_what_an_answer_was_is_kept_and_where_a_conversation_stood_is_not() -> None:
    answer = replace(ANSWER, reasoning="Hm.", variation="simpler", finish_reason="length")
    copy = carried(
        replace(HEAD, pinned=True, archived=True, folder="Biology", scroll="a 3"),
        (QUESTION, answer),
        "",
    )
    kept = copy.messages[1]
    assert (kept.reasoning, kept.variation, kept.finish_reason) == ("Hm.", "simpler", "length")
    head = copy.head
    assert (head.folder, head.pinned, head.archived, head.scroll) == ("Biology", False, False, "")
