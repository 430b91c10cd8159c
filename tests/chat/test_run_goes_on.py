"""The text of a run that goes on with an answer that was cut."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.run_text import BETWEEN, RunText
from studybuddy.domain.assistant_ports import MessageDelta, ThreadMessage
from studybuddy.domain.events import TextDelta, TextReplaced
from studybuddy.domain.messages import Role
from studybuddy.domain.runs import Citation, RunDetails
from studybuddy.storage.details import decoded, encoded

CUT = "Mitosis has four phases: prophase, metaphase"


def came(text: RunText, *pieces: str) -> str:
    """What is on screen after deltas of one message."""
    screen = CUT
    for piece in pieces:
        change = text.add(MessageDelta("msg_1", piece))
        if isinstance(change, TextDelta):
            screen += change.text
        elif isinstance(change, TextReplaced):
            screen = change.text
    assert screen == text.text
    return screen


def whole(text: str, citations: tuple[Citation, ...] = ()) -> ThreadMessage:
    return ThreadMessage("msg_1", Role.ASSISTANT, text, citations=citations)


def test_what_the_run_writes_is_added_to_what_was_there() -> None:
    text = RunText(CUT, len(CUT))
    assert (text.written, dict(text.messages)) == ("", {})
    assert came(text, ", ana", "phase") == f"{CUT}, anaphase"
    assert text.written == ", anaphase"
    assert text.goes_on == len(CUT)
    assert dict(text.messages) == {"msg_1": ", anaphase"}


def test_words_that_the_run_says_again_are_shown_once() -> None:
    text = RunText(CUT, len(CUT))
    assert came(text, "prophase,", " metaphase", ", anaphase") == f"{CUT}, anaphase"


def test_two_messages_of_a_run_go_on_together() -> None:
    text = RunText(CUT, len(CUT))
    came(text, ", anaphase.")
    text.add(MessageDelta("msg_2", "Telophase."))
    assert text.text == f"{CUT}, anaphase.{BETWEEN}Telophase."


def test_citations_are_counted_in_the_whole_answer() -> None:
    text = RunText(CUT, len(CUT))
    said = "prophase, metaphase, anaphase 【1】"
    text.settle([whole(said, (Citation(said.index("【"), len(said), "file_1"),))])
    [mark] = text.citations
    assert text.text[mark.start : mark.end] == "【1】"


def test_it_goes_on_from_the_same_place_after_a_restart() -> None:
    text = RunText(f"{CUT}, ana", len(CUT))
    assert text.written == ", ana"
    text.settle([whole(", anaphase")])
    assert text.text == f"{CUT}, anaphase"


def test_where_it_goes_on_is_kept_on_disk() -> None:
    details = RunDetails("run_1", "thread_1", goes_on=7)
    assert decoded(encoded(details)) == details
    assert decoded(encoded(replace(details, goes_on=0)).replace(',"goes_on":0', "")) is not None


@given(st.lists(st.text(" aé.\n", min_size=1, max_size=300), min_size=1, max_size=6))
def test_however_it_comes_the_whole_is_what_the_pieces_are_in_the_end(pieces: list[str]) -> None:
    text = RunText(CUT, len(CUT))
    came(text, *pieces)
    text.see(whole("".join(pieces)))
    other = RunText(CUT, len(CUT))
    other.settle([whole("".join(pieces))])
    assert text.text == other.text
    assert text.text.startswith(CUT)
