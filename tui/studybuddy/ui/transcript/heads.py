"""What stands above and below the text of a message: who wrote it, and how it ended."""

from __future__ import annotations

from rich.style import Style

from studybuddy.domain.citing import citations_of
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.lines import NOT_COPIED, Line, blank, cut
from studybuddy.ui.transcript.look import Around, Look
from studybuddy.ui.transcript.spans import CITATION
from studybuddy.ui.transcript.wrap import measurable, wrap

_RETRY_KEY = "retry key"
PINNED, KEPT, OUTSIDE, CUT = "pinned", "kept answer", "not in the context", "cut"
_ASK_AGAIN = "Press the retry key to ask again."


def head(message: Message, look: Look, around: Around) -> list[Line]:
    """Return a blank line and the one that says whose message it is."""
    palette = look.palette
    assistant = (message.details.assistant_name if message.details else "") or look.assistant_name
    name, style = {
        Role.USER: (look.user_name, palette.user_name),
        Role.ASSISTANT: (assistant, palette.assistant_name),
        Role.SYSTEM: ("System", palette.dim),
    }[message.role]
    pieces = [measurable(harmless(name))]
    styles = [palette.dim if around.outside else style]
    between = (" (", ", ") if look.spoken else (" · ", " · ")
    for text, marked in _told(message, around):
        pieces += [between[len(pieces) > 1], measurable(harmless(text))]
        styles += [palette.dim, palette.note if marked else palette.dim]
    if look.spoken:
        pieces.append("):" if len(pieces) > 1 else ":")
        styles.append(styles[0])
    return [blank(0), uncopied(cut(pieces, styles, wrap(pieces, look.width)[0], 0))]


def _told(message: Message, around: Around) -> list[tuple[str, bool]]:
    """What a head says behind the name, and whether that is to be seen at once."""
    which, of = around.version or (0, 0)
    return [
        (text, marked)
        for text, marked, holds in (
            (f"{which}/{of}", True, of > 1),  # first: a narrow pane cuts what is last
            (message.variation, False, message.variation),
            (CUT, True, was_cut(message)),
            (PINNED, True, message.pinned),
            (message.model, False, message.role is Role.ASSISTANT and message.model),
            (KEPT, False, message.kept),
            (OUTSIDE, False, around.outside),
        )
        if holds
    ]


def was_cut(message: Message) -> bool:
    """Tell whether the model had to end an answer before its end."""
    return message.finish_reason == "length" and message.state is MessageState.COMPLETE


def foot(message: Message, look: Look, around: Around) -> list[Line]:
    """Return the sources that a message cites, and how it ended where that was not well."""
    sources = _sources(message, look) if citations_of(message) else []
    return sources + _state(message, look, around.last)


def _state(message: Message, look: Look, last: bool) -> list[Line]:
    palette = look.palette
    go_on = f" · {look.keys.go_on} has it go on" if look.keys.go_on and last else ""
    went_on = go_on if message.text else ""
    match message.state:
        case MessageState.STOPPED:
            return note(f"■ stopped{went_on}", palette.note, look)
        case MessageState.INTERRUPTED:
            return note(f"■ interrupted - the program ended here{went_on}", palette.note, look)
        case MessageState.FAILED:
            sentence = message.error or "The answer failed."
            hint = look.hint if last else ""
            if hint:  # it names the key, and that once is enough
                sentence = sentence.removesuffix(_ASK_AGAIN).rstrip()
            lines = note(f"✗ {sentence}", palette.error, look)
            told = _RETRY_KEY in sentence
            return lines + (note(hint, palette.dim, look) if hint and not told else [])
        case MessageState.COMPLETE if was_cut(message):
            return note(f"■ cut at the longest answer{went_on}", palette.note, look)
        case _:
            return []


def _sources(message: Message, look: Look) -> list[Line]:
    from studybuddy.domain.citing import sources_of, title_of
    from studybuddy.ui.transcript.citations import target

    lines: list[Line] = []
    for mark in sources_of(message):
        url = target(mark.place)
        pieces = [f"[{mark.number}]", f" {measurable(title_of(mark.citation))}"]
        styles = [
            look.palette.marked(look.palette.text, CITATION, url),
            look.palette.marked(look.palette.dim, 0, url),
        ]
        lines += [uncopied(cut(pieces, styles, part, 0)) for part in wrap(pieces, look.width)]
    return [blank(0), *lines] if lines else []


def note(text: str, style: Style, look: Look) -> list[Line]:
    """Return a remark that is no part of the text, and is not copied with it."""
    if look.spoken:
        from studybuddy.ui.plain import plain

        text = plain(text)
    pieces = [measurable(harmless(text))]
    return [uncopied(cut(pieces, [style], part, 0)) for part in wrap(pieces, look.width)]


def uncopied(line: Line) -> Line:
    """Return a line of which nothing is copied."""
    return Line(line.segments, [NOT_COPIED] * len(line.segments), line.width, 0)
