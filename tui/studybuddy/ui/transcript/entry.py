"""One message of the transcript: its parts, each laid out when it is first seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from studybuddy.domain.citing import citations_of
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.folding import folded
from studybuddy.ui.transcript.heads import foot, head
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.lines import Layout, Line, blank
from studybuddy.ui.transcript.live import Live, Sealed
from studybuddy.ui.transcript.look import Around, Look
from studybuddy.ui.transcript.sections import Section, split_markdown, split_plain
from studybuddy.ui.transcript.thoughts import Thoughts

THOUGHTS = 1
"""The part between head and text that tells what the model thought; mostly it has no lines."""
BODY = 2
"""The first part of the text; the last part of all is the foot."""
FOLD = 3
"""Of a folded message, the part that stands for the rest of its text."""


@dataclass(slots=True, eq=False)
class Part:
    """A run of lines that is laid out at once; without a section they are made with the entry."""

    height: int
    """In lines; an estimate until the part has been laid out."""
    section: Section | None = None
    layout: Layout | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """A message and its parts: the head, the thoughts, the sections of the text, the foot."""

    message: Message
    around: Around
    parts: list[Part]
    thoughts: Thoughts
    live: Live | None = None
    """While the answer is being written; it draws the part before the foot."""
    pending: list[str] = field(default_factory=list)
    """Text that came and was not looked at yet."""
    counted: int = 0
    """How many of its lines the book counts as kept."""
    _whole: Entry | None = None
    """Of a folded one: the same, unfolded."""

    @property
    def height(self) -> int:
        """In lines, the estimates of unseen parts included."""
        return sum([part.height for part in self.parts])

    @property
    def kept_lines(self) -> int:
        """How many lines are laid out and kept."""
        return sum([len(part.layout.lines) for part in self.parts if part.layout])

    def layout(self, number: int, look: Look) -> Layout:
        """Return the lines of a part, laying it out if need be."""
        if self.live is not None and number == len(self.parts) - 2:
            self.advance()
        part = self.parts[number]  # what was being written may be sealed now
        if part.layout is None:
            if number == THOUGHTS:
                thinking = self.live is not None and self.thoughts.seconds is None
                part.layout = self.thoughts.layout(look, thinking=thinking)
            else:
                assert part.section is not None
                part.layout = _laid_out(part.section, self.message.role, look)
            part.height = len(part.layout.lines)
        return part.layout

    def advance(self) -> None:
        """Lay out the text that came."""
        assert self.live is not None
        text = "".join(self.pending)
        self.pending.clear()
        self._take(self.live.feed(text))

    def finish(self) -> None:
        """Lay out the end of the text that was being written."""
        assert self.live is not None
        self.advance()
        self._take(self.live.close())
        self.parts[-2].section = self.live.section
        self.live = None
        self.parts[THOUGHTS].layout = None

    def expect(self, text: str, look: Look) -> None:
        """Take text that is not looked at before somebody sees it."""
        assert self.live is not None
        self.pending.append(text)
        self.parts[-2].height += text.count("\n") + len(text) // look.width

    def think(self, text: str, look: Look) -> None:
        """Take more of the reasoning, which is not looked at before somebody sees it."""
        part = self.parts[THOUGHTS]
        self.thoughts.add(text)
        part.layout = None
        if self.thoughts.shown:
            part.height += text.count("\n") + len(text) // look.width
        part.height = max(1, part.height)

    def show_thoughts(self, shown: bool, look: Look) -> None:
        """Unfold the reasoning, or fold it; it is laid out when it is seen."""
        part = self.parts[THOUGHTS]
        self.thoughts.shown = shown
        self.around = self.around._replace(thoughts=shown)
        part.layout = None
        if self.thoughts:
            text = self.thoughts.text if shown else ""
            part.height = 1 + shown + text.count("\n") + len(text) // look.width

    def thought(self, seconds: float) -> None:
        """Say how long the model thought: the answer begins."""
        self.thoughts.seconds = seconds
        self.parts[THOUGHTS].layout = None

    def relay(self, look: Look, around: Around) -> None:
        """Lay out for another width or palette, the text when it is seen."""
        self.around = around
        self.parts[0] = _fixed(head(self.message, look, around))
        self.parts[-1] = _fixed(foot(self.message, look, around))
        for part in self.parts[1:-1]:
            part.layout = None
        self.thoughts.relay()
        if self.live is not None:
            self.live.relay(look.width, look.palette, wrap_code=look.wrap_code, flat=look.spoken)

    def restate(self, message: Message, look: Look, around: Around) -> None:
        """Put `message` in the place of the old one, which has the same text."""
        self.message = message
        self.around = around
        self.parts[0] = _kept(self.parts[0], head(message, look, around))
        self.parts[-1] = _kept(self.parts[-1], foot(message, look, around))

    def whole(self, look: Look) -> Entry:
        """Return the same message unfolded, for what is asked of all of its text."""
        if not self.around.folded:
            return self
        if self._whole is None:
            self._whole = open_entry(self.message, look, self.around._replace(folded=False))
        return self._whole

    def _take(self, sealed: list[Sealed]) -> None:
        assert self.live is not None
        for section, layout in sealed:
            self.parts.insert(-2, Part(len(layout.lines), section, layout))
        part = self.parts[-2]
        part.layout = self.live.layout()
        part.height = len(part.layout.lines)


def open_entry(message: Message, look: Look, around: Around) -> Entry:
    """Return the entry of `message`, none of its text laid out yet."""
    thoughts = Thoughts(message.reasoning, shown=around.thoughts, seconds=around.seconds)
    first = [
        _fixed(head(message, look, around)),
        Part(bool(thoughts) and _thoughts_height(message, look, around)),
    ]
    last = _fixed(foot(message, look, around))
    if message.state is MessageState.STREAMING:
        empty = Part(0, Section("", False, True), Layout([], "", []))
        live = Live(look.width, look.palette, wrap_code=look.wrap_code, flat=look.spoken)
        entry = Entry(message, around, [*first, empty, last], thoughts, live)
        if message.text:
            entry.expect(message.text, look)
        return entry
    text = _text(message)
    if around.folded:
        section, fold = folded(text, look, markdown=message.role is not Role.USER)
        body = Part(_estimate(section, look.width), section)
        rest = Part(len(fold.lines), None, fold)
        return Entry(message, around, [*first, body, rest, last], thoughts)
    split = split_plain if message.role is Role.USER else split_markdown
    bodies = [Part(_estimate(section, look.width), section) for section in split(text)]
    return Entry(message, around, [*first, *bodies, last], thoughts)


def _text(message: Message) -> str:
    if not citations_of(message):
        return harmless(message.text)
    from studybuddy.ui.transcript.citations import cited_text

    return cited_text(message)


def _thoughts_height(message: Message, look: Look, around: Around) -> int:
    text = message.reasoning
    return 2 + text.count("\n") + len(text) // look.width if around.thoughts else 1


def _estimate(section: Section, width: int) -> int:
    source = section.source
    return section.lead + source.count("\n") + len(source) // width + 1


def _laid_out(section: Section, role: Role, look: Look) -> Layout:
    layout = lay_out(
        section.blocks(),
        look.width,
        look.palette,
        user=role is Role.USER,
        wrap_code=look.wrap_code,
        flat=look.spoken,
    )
    return layout._replace(lines=[blank(0), *layout.lines]) if section.lead else layout


def _fixed(lines: list[Line]) -> Part:
    return Part(len(lines), None, Layout(lines, "", []))


def _kept(part: Part, lines: list[Line]) -> Part:
    """Return a part with these lines, the old one where that looks the same."""
    old = part.layout.lines if part.layout else []
    same = len(old) == len(lines) and all(map(Line.looks_like, lines, old))
    return part if same else _fixed(lines)
