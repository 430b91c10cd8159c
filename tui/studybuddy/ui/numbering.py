"""Numbers for the choices of a dialog, which are then chosen by a digit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, OptionList, RadioButton, RadioSet, TextArea

MOST = 9
"""Choices that a digit can tell apart."""
_NUMBERED = re.compile(r"^\d\. ")

Choice = tuple[Callable[[str], None], Callable[[], object]]
"""What takes the number, and what chooses it."""


def number(screen: Screen[Any]) -> None:
    """Write its number before each choice, where it has none yet."""
    for at, (label, _) in enumerate(_choices(screen), 1):
        label(f"{at}. ")


def choose(screen: Screen[Any], digit: int) -> bool:
    """Make the choice with that number; `False` where there is none, or something is typed."""
    choices = _choices(screen)
    if not 0 < digit <= len(choices) or isinstance(screen.focused, Input | TextArea):
        return False
    choices[digit - 1][1]()
    return True


def _choices(screen: Screen[Any]) -> Sequence[Choice]:
    """The choices from top to bottom: rows of lists first, then buttons."""
    found: list[Choice] = []
    bound = screen._bindings.key_to_bindings
    if getattr(screen, "OWN_DIGITS", False) or any(key.isdigit() for key in bound):
        return found
    for widget in screen.query("OptionList, RadioSet, Button").results():
        if not widget.display or widget.disabled:
            continue
        if isinstance(widget, OptionList) and widget.can_focus:
            found += [
                (partial(_label_option, widget, row), partial(_take_option, widget, row))
                for row in range(widget.option_count)
            ]
        elif isinstance(widget, RadioSet):
            found += [
                (partial(_label_radio, one), one.toggle)
                for one in widget.query(RadioButton).results(RadioButton)
            ]
        elif isinstance(widget, Button):
            found.append((partial(_label_button, widget), widget.press))
    return found[:MOST]


def _label_option(options: OptionList, row: int, label: str) -> None:
    prompt = options.get_option_at_index(row).prompt
    text = prompt if isinstance(prompt, Content) else Content(str(prompt))
    if not _NUMBERED.match(text.plain):
        options.replace_option_prompt_at_index(row, Content.assemble(label, text))


def _take_option(options: OptionList, row: int) -> None:
    options.highlighted = row
    options.action_select()


def _label_radio(radio: RadioButton, label: str) -> None:
    if not _NUMBERED.match(str(radio.label)):
        radio.label = f"{label}{radio.label}"


def _label_button(button: Button, label: str) -> None:
    if not _NUMBERED.match(str(button.label)):
        button.label = f"{label}{button.label}"
