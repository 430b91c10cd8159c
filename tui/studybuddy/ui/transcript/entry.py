"""One message of the transcript: its parts, each laid out when it is first seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.style import Style

from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.blocks import CITATION
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.lines import NOT_COPIED, Layout, Line, blank, cut
from studybuddy.ui.transcript.live import Live, Sealed
from studybuddy.ui.transcript.look import Look, citations_of
from studybuddy.ui.transcript.sections import Section, split_markdown, split_plain
from studybuddy.ui.transcript.wrap import measurable, wrap

_RETRY_KEY = "retry key"
PINNED, KEPT, OUTSIDE = "pinned", "kept answer", "not in the context"
_ASK_AGAIN = "Press the retry key to ask again."


@dataclass(slots=True, eq=False)
class Part:
    """A run of lines that is laid out at once; without a section they are made with the entry."""

    height: int
    """In lines; an estimate until the part has been laid out."""
    section: Section | None = None
    layout: Layout | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """A message and its parts: the head, the sections of the text, the foot."""

    message: Message
    parts: list[Part]
    live: Live | None = None
    """While the answer is being written; it draws the part before the foot."""
    pending: list[str] = field(default_factory=list)
    """Text that came and was not looked at yet."""
    outside: bool = False
    """Whether the model does not get it any more."""

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

    def expect(self, text: str, look: Look) -> None:
        """Take text that is not looked at before somebody sees it."""
        assert self.live is not None
        self.pending.append(text)
        self.parts[-2].height += text.count("\n") + len(text) // look.width

    def relay(self, look: Look, *, last: bool) -> None:
        """Lay out for another width or palette, the text when it is seen."""
        self.parts[0] = _fixed(_head(self.message, look, self.outside))
        self.parts[-1] = _fixed(_foot(self.message, look, last))
        for part in self.parts[1:-1]:
            part.layout = None
        if self.live is not None:
            self.live.relay(look.width, look.palette)

    def restate(self, message: Message, look: Look, *, last: bool) -> None:
        """Put `message` in the place of the old one, which has the same text."""
        if _titled(message) != _titled(self.message):
            self.parts[0] = _fixed(_head(message, look, self.outside))
        self.message = message
        self.parts[-1] = _fixed(_foot(message, look, last))

    def set_outside(self, outside: bool, look: Look) -> None:
        """Say in the head whether the model gets it."""
        if outside is not self.outside:
            self.outside = outside
            self.parts[0] = _fixed(_head(self.message, look, outside))

    def _take(self, sealed: list[Sealed]) -> None:
        assert self.live is not None
        for section, layout in sealed:
            self.parts.insert(-2, Part(len(layout.lines), section, layout))
        part = self.parts[-2]
        part.layout = self.live.layout()
        part.height = len(part.layout.lines)


def open_entry(message: Message, look: Look, *, last: bool, outside: bool = False) -> Entry:
    """Return the entry of `message`, none of its text laid out yet."""
    head = _fixed(_head(message, look, outside))
    foot = _fixed(_foot(message, look, last))
    text = _text(message)
    if message.state is MessageState.STREAMING:
        empty = Part(0, Section("", False, True), Layout([], "", []))
        live = Live(look.width, look.palette)
        entry = Entry(message, [head, empty, foot], live, outside=outside)
        if text:
            entry.expect(message.text, look)
        return entry
    split = split_plain if message.role is Role.USER else split_markdown
    bodies = [Part(_estimate(section, look.width), section) for section in split(text)]
    return Entry(message, [head, *bodies, foot], outside=outside)


def _text(message: Message) -> str:
    if not citations_of(message):
        return harmless(message.text)
    from studybuddy.ui.transcript.citations import cited_text

    return cited_text(message)


def _estimate(section: Section, width: int) -> int:
    source = section.source
    return section.lead + source.count("\n") + len(source) // width + 1


def _laid_out(section: Section, role: Role, look: Look) -> Layout:
    user = role is Role.USER
    layout = lay_out(section.blocks(), look.width, look.palette, user=user)
    return layout._replace(lines=[blank(0), *layout.lines]) if section.lead else layout


def _fixed(lines: list[Line]) -> Part:
    return Part(len(lines), None, Layout(lines, "", []))


def _author(message: Message) -> tuple[str, str]:
    """The assistant that wrote a message, where it was one, and the model."""
    return message.details.assistant_name if message.details else "", message.model


def _titled(message: Message) -> tuple[tuple[str, str], bool, bool]:
    """What of a message its head tells."""
    return _author(message), message.pinned, message.kept


def _head(message: Message, look: Look, outside: bool) -> list[Line]:
    palette = look.palette
    assistant = _author(message)[0] or look.assistant_name
    name, style = {
        Role.USER: (look.user_name, palette.user_name),
        Role.ASSISTANT: (assistant, palette.assistant_name),
        Role.SYSTEM: ("System", palette.dim),
    }[message.role]
    pieces = [measurable(harmless(name))]
    styles = [palette.dim if outside else style]
    told = [message.model] if message.model and message.role is Role.ASSISTANT else []
    told += [
        mark
        for mark, holds in (
            (PINNED, message.pinned),
            (KEPT, message.kept),
            (OUTSIDE, outside),
        )
        if holds
    ]
    for text in told:
        pieces.append(measurable(harmless(f" · {text}")))
        styles.append(palette.note if text == PINNED else palette.dim)
    return [blank(0), _uncopied(cut(pieces, styles, wrap(pieces, look.width)[0], 0))]


def _foot(message: Message, look: Look, last: bool) -> list[Line]:
    sources = _sources(message, look) if citations_of(message) else []
    return sources + _state(message, look, last)


def _state(message: Message, look: Look, last: bool) -> list[Line]:
    palette = look.palette
    match message.state:
        case MessageState.STOPPED:
            return _note("■ stopped", palette.note, look)
        case MessageState.INTERRUPTED:
            return _note("■ interrupted - the program ended here", palette.note, look)
        case MessageState.FAILED:
            sentence = message.error or "The answer failed."
            hint = look.hint if last else ""
            if hint:  # it names the key, and that once is enough
                sentence = sentence.removesuffix(_ASK_AGAIN).rstrip()
            lines = _note(f"✗ {sentence}", palette.error, look)
            told = _RETRY_KEY in sentence
            return lines + (_note(hint, palette.dim, look) if hint and not told else [])
        case _:
            return []


def _sources(message: Message, look: Look) -> list[Line]:
    from studybuddy.ui.transcript.citations import sources_of, target, title_of

    lines: list[Line] = []
    for mark in sources_of(message):
        url = target(mark.place)
        pieces = [f"[{mark.number}]", f" {measurable(title_of(mark.citation))}"]
        styles = [
            look.palette.marked(look.palette.text, CITATION, url),
            look.palette.marked(look.palette.dim, 0, url),
        ]
        lines += [_uncopied(cut(pieces, styles, part, 0)) for part in wrap(pieces, look.width)]
    return [blank(0), *lines] if lines else []


def _note(text: str, style: Style, look: Look) -> list[Line]:
    pieces = [measurable(harmless(text))]
    return [_uncopied(cut(pieces, [style], part, 0)) for part in wrap(pieces, look.width)]


def _uncopied(line: Line) -> Line:
    return Line(line.segments, [NOT_COPIED] * len(line.segments), line.width, 0)
