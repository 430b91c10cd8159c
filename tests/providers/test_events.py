from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.providers import events
from studybuddy.providers.events import EventSplitter, EventTooLong, RawEvent


def split(*reads: bytes) -> list[bytes]:
    splitter = EventSplitter()
    found = [event for read in reads for event in splitter.feed(read)]
    return [event.data for event in [*found, *splitter.finish()]]


STREAM = (
    b"\xef\xbb\xbf: hello\n\n"
    b"data: one\n\n"
    b"event: message\r\ndata: two\r\nid: 7\r\n\r\n"
    b"data:three\rdata: and more\r\r"
    b": keep-alive\n\n"
    b"retry: 10\n\n"
    b"data: \xc3\xa9\xf0\x9f\x98\x80\n\n"
)
EVENTS = [b"one", b"two", b"three\nand more", "é😀".encode()]


@given(st.sets(st.integers(1, len(STREAM) - 1)))
def test_events_are_the_same_however_the_stream_is_cut_into_reads(cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert split(*(STREAM[a:b] for a, b in itertools.pairwise(edges))) == EVENTS


def test_an_event_comes_as_soon_as_its_blank_line_does() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: one\n") == []
    assert splitter.feed(b"\ndata: tw") == [RawEvent(b"one")]
    assert splitter.feed(b"o\n\n") == [RawEvent(b"two")]


def test_a_last_event_without_its_blank_line_is_not_lost() -> None:
    assert split(b"data: one\n\ndata: two") == [b"one", b"two"]


def test_events_and_fields_named_error_are_told_apart() -> None:
    assert EventSplitter().feed(b"event: error\ndata: {}\n\nerror: {}\n\ndata: {}\n\n") == [
        RawEvent(b"{}", is_error=True),
        RawEvent(b"{}", is_error=True),
        RawEvent(b"{}"),
    ]


def test_a_stream_that_never_ends_its_event_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LONGEST_EVENT", 100)
    splitter = EventSplitter()
    splitter.feed(b"data: " + b"x" * 90)
    with pytest.raises(EventTooLong):
        splitter.feed(b"x" * 90)
