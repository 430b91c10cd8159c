"""Keys with Alt, as terminals send them: each is one key and types nothing."""

from __future__ import annotations

import sys

import pytest
from textual.events import Key

from studybuddy.ui.alt_keys import AltParser, read_alt_keys


def keys_of(data: str) -> list[tuple[str, str | None]]:
    """Names and characters of the keys that a terminal's bytes are taken for."""
    parser = AltParser()
    events = list(parser.feed(data))
    if parser._timeout_time is not None:
        parser._timeout_time = 0
        events.extend(parser.tick())
    return [(event.key, event.character) for event in events if isinstance(event, Key)]


@pytest.mark.parametrize("letter", ["p", "s", "i", "x", "z", "é", "/", "."])
def test_a_letter_with_alt_held_down_is_that_key_each_time(letter: str) -> None:
    keys = keys_of(f"\x1b{letter}" * 20)

    assert len(keys) == 20
    assert {character for _, character in keys} == {None}
    assert {key.partition("+")[0] for key, _ in keys} == {"alt"}
    assert len({key for key, _ in keys}) == 1


def test_alt_and_a_letter_is_there_without_waiting_for_more() -> None:
    events = list(AltParser().feed("\x1bp"))

    assert [event.key for event in events if isinstance(event, Key)] == ["alt+p"]


def test_another_key_right_behind_it_is_a_key_of_its_own() -> None:
    assert keys_of("\x1bs\x1b[B") == [("alt+s", None), ("down", None)]
    assert keys_of("\x1bpab") == [("alt+p", None), ("a", "a"), ("b", "b")]
    assert keys_of("\x1b[B\x1bs") == [("down", None), ("alt+s", None)]


def test_shift_is_named() -> None:
    assert keys_of("\x1bP\x1bP")[0] == ("alt+shift+p", None)
    assert keys_of("\x1bO\x1bO")[0] == ("alt+shift+o", None)


def test_enter_with_alt_is_not_enter() -> None:
    assert keys_of("\x1b\r\x1b\r") == [("alt+enter", None)] * 2


def test_escape_and_what_is_typed_stay_what_they_are() -> None:
    assert keys_of("\x1b") == [("escape", "\x1b")]
    assert keys_of("\x1b\x1b") == [("escape", "\x1b")] * 2
    assert keys_of("^p") == [("circumflex_accent", "^"), ("p", "p")]
    assert keys_of("\x1bb\x1bf") == [("ctrl+left", None), ("ctrl+right", None)]
    assert keys_of("\x1b[1;3C") == [("alt+right", None)]


@pytest.mark.skipif(sys.platform == "win32", reason="the driver of POSIX")
def test_the_driver_reads_by_it() -> None:
    from textual.drivers import linux_driver

    read_alt_keys(linux_driver.LinuxDriver)

    assert vars(linux_driver)["XTermParser"] is AltParser
