"""Numbers for the choices of a dialog, which are then chosen by typing them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, OptionList, RadioButton, RadioSet, TextArea

AT_ONCE = 9
"""Choices up to which a digit chooses; among more it points at one, and Enter chooses."""
_PAUSE = 3.0
"""Seconds after which a digit begins another number."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a digit chooses."""

    of: object
    """What has the text: an option or a button."""
    text: Content
    relabel: Callable[[Content], object]
    choose: Callable[[], object]
    point: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A text before and after its number was written before it."""

    before: Content
    after: Content


Numbers = WeakKeyDictionary[object, Numbered]
"""What has a number by now."""


def number(screen: Screen[Any], numbers: Numbers) -> None:
    """Write its number before each choice, where it does not have that yet."""
    for at, choice in enumerate(_choices(screen), 1):
        done = numbers.get(choice.of)
        # What was written anew since has no number, whatever it begins with.
        before = done.before if done is not None and done.after == choice.text else choice.text
        after = Content.assemble(f"{at}. ", before)
        if after != choice.text:
            choice.relabel(after)
        numbers[choice.of] = Numbered(before, after)


class Typed:
    """A number that is typed digit by digit."""

    def __init__(self) -> None:
        self._number = 0
        self._at = 0.0

    def take(self, digit: int, most: int) -> int:
        """The number that a digit makes, up to `most`; 0 where there is none like it."""
        now = time.monotonic()
        longer = 10 * self._number + digit if now - self._at < _PAUSE else digit
        self._number = next((n for n in (longer, digit) if 0 < n <= most), 0)
        self._at = now
        return self._number


def point(options: OptionList, digit: int, typed: Typed) -> None:
    """Point at the row of a list whose number is typed; rows that can't be chosen have none."""
    rows = [row for row, option in enumerate(options.options) if not option.disabled]
    if number := typed.take(digit, len(rows)):
        options.highlighted = rows[number - 1]


def choose(screen: Screen[Any], digit: int, typed: Typed | None = None) -> bool:
    """Make the choice with that number, or among many point at it.

    `False` where there is none, or something is written.
    """
    if isinstance(screen.focused, Input | TextArea):
        return False
    choices = _choices(screen)
    if len(choices) <= AT_ONCE or typed is None:
        if not 0 < digit <= len(choices):
            return False
        choices[digit - 1].choose()
        return True
    number = typed.take(digit, len(choices))
    if number:
        choices[number - 1].point()
    return bool(number)


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
            found += [_row(widget, row) for row in range(widget.option_count)]
        elif isinstance(widget, RadioSet):
            found += [_radio(one) for one in widget.query(RadioButton).results(RadioButton)]
        elif isinstance(widget, Button):
            found.append(_button(widget))
    return found


def _row(options: OptionList, row: int) -> Choice:
    option = options.get_option_at_index(row)
    text = option.prompt if isinstance(option.prompt, Content) else Content(str(option.prompt))

    def take() -> None:
        options.highlighted = row
        options.action_select()

    def point() -> None:
        options.focus()
        options.highlighted = row

    def relabel(text: Content) -> None:
        options.replace_option_prompt_at_index(row, text)

    return Choice(option, text, relabel, take, point)


def _radio(radio: RadioButton) -> Choice:
    def relabel(text: Content) -> None:
        radio.label = text

    return Choice(radio, radio.label, relabel, radio.toggle, radio.toggle)


def _button(button: Button) -> Choice:
    def relabel(text: Content) -> None:
        button.label = text
        button.refresh(layout=True)  # it is wider now

    label = button.label if isinstance(button.label, Content) else Content(str(button.label))
    return Choice(button, label, relabel, button.press, button.focus)
