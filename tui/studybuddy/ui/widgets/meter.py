"""The meter: one line of tokens and money, drawn from one `Reading`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from studybuddy.domain.usage import Count, Usage
from studybuddy.ui.token_words import usage_words

if TYPE_CHECKING:
    from studybuddy.domain.limits import BudgetState
    from studybuddy.domain.metering import Reading

WARM = 0.6
"""Share of the window from which on the bar is no longer calm."""
NEAR = 0.8
"""Share from which on it warns."""
CELLS = 8
FULL, FREE, KEPT = "▰", "▱", "▫"
"""What is used, what is free, and what is kept free for the answer."""
_BETWEEN = " · "
_WARN, _ERROR = "$text-warning", "$text-error"


class Part(NamedTuple):
    """One thing that the line tells: the same in ever fewer words, none of it in markup."""

    rank: int
    """What has the lowest one is given room first."""
    forms: Sequence[Content]
    """The longest first."""
    usual: int = 0
    """The form that goes before parts of a higher rank; longer ones take what room is left."""


class MeterLine(Widget):
    """Draft, share of the context window, tokens in and out, and what they cost."""

    @dataclass
    class Asked(Message):
        """The line was clicked: the detail is wanted."""

    reading: reactive[Reading | None] = reactive(None, layout=False)
    """`None` before anything was counted."""

    def on_click(self, event: events.Click) -> None:
        """Ask for the detail."""
        event.stop()
        self.post_message(self.Asked())

    def render(self) -> Content:
        """The parts that there is room for."""
        parts = parts_of(self.reading) if self.reading is not None else ()
        line = fitted(parts, self.content_size.width)
        return _spoken(line) if self.app.has_class("-linear") else line


def fitted(parts: Sequence[Part], width: int) -> Content:
    """As many parts as the width allows, in as many words, joined in their order."""
    chosen: dict[int, int] = {}
    left = width + len(_BETWEEN)
    by_rank = sorted(range(len(parts)), key=lambda number: parts[number].rank)
    for number in by_rank:
        part = parts[number]
        for form in range(part.usual, len(part.forms)):
            if (needs := part.forms[form].cell_length + len(_BETWEEN)) <= left:
                chosen[number] = form
                left -= needs
                break
    for number in by_rank:
        forms = parts[number].forms
        for longer in range(chosen.get(number, 0)):
            if (more := forms[longer].cell_length - forms[chosen[number]].cell_length) <= left:
                chosen[number] = longer
                left -= more
                break
    return Content(_BETWEEN).join([parts[n].forms[chosen[n]] for n in sorted(chosen)])


def parts_of(reading: Reading) -> Sequence[Part]:
    """What a reading has to tell, in the order in which it is read."""
    return list(_parts(reading))


def _parts(reading: Reading) -> Iterator[Part]:
    if reading.draft.tokens:
        yield Part(0, [Content(f"draft {reading.draft}")])
    if reading.most_characters:
        yield Part(1, _characters(reading), 1)
    if reading.room.window:
        yield Part(2, _window(reading, reading.room.window), 2)
    elif (context := reading.context).tokens:
        yield Part(2, [Content(f"context {context}"), Content(str(context))])
    if reading.budgets and reading.budgets[0].warns:
        yield Part(3, forms := _budget(reading.budgets[0]), len(forms) - 1)
    if reading.answer:
        yield Part(4, [Content(f"answer ≈{reading.answer:,}")])
    if reading.used is not None:
        yield Part(6, forms := _in_and_out(reading.used), len(forms) - 1)
    if money := _money(reading):
        yield Part(5, money, len(money) - 1)
    same = reading.cost is not None and reading.cost == reading.session
    if reading.session is not None and not same and not reading.session.free:
        yield Part(7, [Content(f"session {reading.session}")])


def _spoken(line: Content) -> Content:
    """The line with a word where the bar is, which says nothing to a screen reader."""
    bar = next((at for at, cell in enumerate(line.plain) if cell in (FULL, FREE, KEPT)), None)
    if bar is None:
        return line
    return Content.assemble(line[:bar], "context:", line[bar + CELLS :])


def _budget(state: BudgetState) -> Sequence[Content]:
    """How much of a budget would be used with what is typed."""
    short = f"{state.period.value} {_whole(state.share)}"
    style = _ERROR if state.stops else _WARN
    forms = [f"{short} of {state.amount}", short]
    if state.with_this:
        forms.insert(0, f"{short} of {state.amount} with this")
    return [Content(text).stylize(style) for text in forms]


def _characters(reading: Reading) -> Sequence[Content]:
    text = f"{reading.characters:,}/{reading.most_characters:,}"
    if reading.characters > reading.most_characters:
        over = reading.characters - reading.most_characters
        forms = [f"{text} characters, {over:,} too many", f"{text}, {over:,} too many"]
        return [Content(form).stylize(_ERROR) for form in forms]
    return [Content(f"{text} characters"), Content(text)]


def _window(reading: Reading, window: int) -> Sequence[Content]:
    """How full the context window is; words say what the colours do."""
    share = reading.share or 0.0
    exact = reading.request.exact and not reading.answer
    tokens = Count(reading.request.tokens + reading.answer, exact)
    colour, words, sign = _fill(reading, share)
    bar = _bar(share, reading.room.reserved / window, colour)
    style = colour if sign else ""
    percent = _percent(share, exact=exact)
    lasting = [
        f" {percent} · {tokens} of {window:,}{words}",
        f" {percent} of {window:,}{words if sign == '!' else sign}",
        f" {percent}{sign}",
    ]
    return [
        *(bar + Content(text).stylize(style) for text in lasting),
        Content(f"{percent}{sign}").stylize(style),
    ]


def _percent(share: float, *, exact: bool) -> str:
    if 0 < share < 0.01:
        return "<1 %"
    return f"{'' if exact else '≈'}{_whole(share)}"


def _whole(share: float) -> str:
    """A share in percent, not rounded: 100 % is said where it is full."""
    return f"{int(share * 100)} %" if share < 10 else ">999 %"


def _fill(reading: Reading, share: float) -> tuple[str, str, str]:
    """The colour of the bar, and the words, long and short, that say the same."""
    request, room = reading.request, (reading.room.prompt or 0) - reading.kept_back
    if (over := request.tokens - room) > 0:
        text = f", {Count(over, request.exact)} too long"
        return _ERROR, text, text
    if share >= 1:
        return _ERROR, ", full", ", full"
    fill = max(share, request.tokens / max(1, room))  # what is kept for the answer is no room
    if fill >= NEAR:
        return _WARN, ", nearly full", "!"
    return "$text-success" if fill < WARM else "$text-primary", "", ""


def _bar(share: float, reserved: float, colour: str) -> Content:
    used = CELLS if share >= 1 else min(CELLS - 1, int(share * CELLS + 0.5))
    if share > 0:
        used = max(1, used)
    kept = min(CELLS - used, int(reserved * CELLS + 0.5))
    free = CELLS - used - kept
    return Content.assemble(
        (FULL * used, colour),
        (FREE * free, "$foreground 50%"),
        (KEPT * kept, "$foreground 30%"),
    )


def _in_and_out(used: Usage) -> Sequence[Content]:
    short = f"{used.prompt:,} in {used.completion:,} out"
    long = usage_words(used, " ")
    return [Content(long), Content(short)] if long != short else [Content(short)]


def _money(reading: Reading) -> Sequence[Content]:
    """What this conversation cost, and what sending now would."""
    cost, sending = reading.cost, reading.sending
    about = "" if reading.request.exact else "≈"
    more = ""
    if sending is not None and sending.nanodollars:
        more = f"{about}{sending}"
    if cost is None:
        if sending is None:
            return ()
        return [Content(f"sends {more}")] if more else [Content(str(sending))]
    if not more or cost.free:
        more = "" if sending is None or not sending.unpriced or cost.unpriced else "unpriced"
    return [Content(f"{cost} + {more}"), Content(str(cost))] if more else [Content(str(cost))]
