"""Keys with Alt as terminals send them: Esc, and at once the letter."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.events import Key

_ESC = "\x1b"
_BEGIN_SEQUENCES = "[OP]X^_"
"""What stands behind Esc where more follows that is no key of its own."""


class AltParser(XTermParser):
    """Takes Esc and a letter for Alt and that letter, whatever comes next.

    Textual waits for the end of an escape sequence there. Where Alt is held down, or another key
    follows at once, it gives a `^` and the letter instead, which would be typed.
    """

    _torn = False
    """Whether an escape sequence that broke off is being given key by key."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        if sequence == _ESC:  # of a sequence that broke off; Esc itself does not come here
            self._torn = True
            return ()
        alt, self._torn = alt or self._torn, False
        if (
            len(sequence) == 2
            and sequence[0] == _ESC
            and sequence[1] not in _BEGIN_SEQUENCES
            and sequence not in ANSI_SEQUENCES_KEYS
        ):
            alt, sequence = True, sequence[1]
        events = super()._sequence_to_key_events(sequence, alt)
        return [_with_alt(event) for event in events] if alt else events


def _with_alt(event: Key) -> Key:
    """A key with Alt, also where it has a name, such as Enter."""
    name = event.key if "alt+" in event.key else f"alt+{event.key}"
    return Key(name, None)


def read_alt_keys(driver: type[Driver]) -> None:
    """Have a driver read keys by `AltParser`: it makes its parser by the name in its module."""
    module = sys.modules[driver.__module__]
    if hasattr(module, "XTermParser"):
        setattr(module, "XTermParser", AltParser)  # noqa: B010
