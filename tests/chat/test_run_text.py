"""The text of a run put together from its messages, whichever way they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.run_text import BETWEEN, RunText
from studybuddy.domain.assistant_ports import MessageDelta, ThreadMessage
from studybuddy.domain.events import TextDelta, TextReplaced
from studybuddy.domain.messages import Role
from studybuddy.domain.runs import Citation


def message(number: int, text: str, *, complete: bool = True) -> ThreadMessage:
    return ThreadMessage(f"m{number}", Role.ASSISTANT, text, complete=complete)


class Screen:
    """What the changes have put on screen."""

    def __init__(self, shown: str = "") -> None:
        self.text = shown

    def take(self, change: TextDelta | TextReplaced | None) -> None:
        match change:
            case TextDelta(more):
                assert more
                self.text += more
            case TextReplaced(whole):
                assert whole != self.text
                self.text = whole


pieces = st.lists(st.text(max_size=4), max_size=5)


@given(st.lists(pieces, max_size=4), st.text(max_size=6), st.data())
def test_whatever_came_before_the_text_settles_to_the_servers_and_the_screen_agrees(
    messages: list[list[str]], journaled: str, data: st.DataObject
) -> None:
    text, screen = RunText(journaled), Screen(journaled)
    for number, parts in enumerate(messages):
        for at, part in enumerate(parts):
            if data.draw(st.booleans()):
                screen.take(text.add(MessageDelta(f"m{number}", part)))
            if data.draw(st.booleans()):
                so_far = message(number, "".join(parts[: at + 1]), complete=False)
                screen.take(text.see(so_far))
        if data.draw(st.booleans()):
            known = [message(n, "".join(p)) for n, p in enumerate(messages[: number + 1])]
            screen.take(text.settle(known))
        assert screen.text == text.text
    whole = [message(number, "".join(parts)) for number, parts in enumerate(messages)]
    screen.take(text.settle(whole))
    assert screen.text == text.text == BETWEEN.join(m.text for m in whole if m.text)
    assert text.whole
    assert text.has(whole)


@given(st.lists(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=5), max_size=4))
def test_a_stream_without_faults_is_told_in_deltas_only(messages: list[list[str]]) -> None:
    text = RunText()
    told = ""
    for number, parts in enumerate(messages):
        for part in parts:
            change = text.add(MessageDelta(f"m{number}", part))
            assert isinstance(change, TextDelta)
            told += change.text
        assert text.see(message(number, "".join(parts))) is None
    assert told == BETWEEN.join("".join(parts) for parts in messages)


def test_what_was_missed_is_added_and_what_differs_replaces() -> None:
    text = RunText()
    text.add(MessageDelta("m0", "The sky"))
    assert text.see(message(0, "The sky is blue")) == TextDelta(" is blue")
    assert text.see(message(0, "The sea is blue")) == TextReplaced("The sea is blue")


def test_text_from_before_a_restart_is_not_told_again() -> None:
    text = RunText("The sky is")
    assert text.settle([message(0, "The sky is blue.")]) == TextDelta(" blue.")


def test_a_message_still_being_written_is_not_whole() -> None:
    text = RunText()
    text.add(MessageDelta("m0", "The sky"))
    assert not text.whole
    text.see(message(0, "The sky"))
    assert text.whole


def test_citations_are_counted_in_the_joined_text() -> None:
    def cited(number: int, words: str, mark: str) -> ThreadMessage:
        at = words.index(mark)
        citation = Citation(at, at + len(mark), "file")
        return ThreadMessage(f"m{number}", Role.ASSISTANT, words, citations=(citation,))

    text = RunText()
    text.settle([cited(0, "One【1】.", "【1】"), message(1, ""), cited(2, "Two【2】.", "【2】")])
    marks = [text.text[c.start : c.end] for c in text.citations]
    assert marks == ["【1】", "【2】"]


def test_the_students_own_messages_are_no_answer() -> None:
    text = RunText()
    assert text.settle([ThreadMessage("u", Role.USER, "Why?")]) is None
