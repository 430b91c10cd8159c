"""The window on a book: what is on the screen after scrolling, writing, resizing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.transcript import pages
from studybuddy.ui.transcript.book import Book, Position
from studybuddy.ui.transcript.look import Look, estimate
from studybuddy.ui.transcript.view import View
from tests.ui.transcript.samples import RICH, answer, plain_palette, question

PALETTE = plain_palette()


def look(width: int = 40) -> Look:
    return Look(width, PALETTE)


def talk(count: int) -> list[Message]:
    """Make messages whose heights are estimated wrongly, some too high, some too low."""
    texts = ["Why?", "word " * 60, "a\n\n\n\n\n\nb", RICH, "- a\n- b\n- c", "|a|b|\n|-|-|\n|1|2|"]
    return [
        question(f"Question {n}?", str(n))
        if n % 2 == 0
        else answer(f"Answer {n}. {texts[n // 2 % len(texts)]}", str(n))
        for n in range(count)
    ]


def make_view(messages: list[Message], height: int = 12, width: int = 40) -> View:
    view = View(Book(look(width)))
    view.book.set_messages(messages)
    view.height = height
    return view


def shown(view: View) -> list[str]:
    return [row.line.text for row in view.rows()]


def everything(messages: list[Message], width: int = 40) -> list[str]:
    """Return all lines of the conversation."""
    book = Book(look(width))
    book.set_messages(messages)
    return [
        line.text
        for item in range(len(messages))
        for part in range(len(book.entry(item).parts))
        for line in book.layout(item, part).lines
    ]


def test_a_conversation_opens_at_its_end() -> None:
    messages = talk(30)
    view = make_view(messages)

    assert shown(view) == everything(messages)[-12:]
    assert view.following
    assert view.scroll == view.book.heights.total - 12


def test_a_short_conversation_leaves_the_rest_empty() -> None:
    view = make_view([question("Why?")])
    assert shown(view) == ["", "You", "Why?"]
    assert make_view([]).rows() == []


@pytest.mark.parametrize("by", [1, 3, 10, 30])
def test_scrolling_up_and_down_shows_each_line_once(by: int) -> None:
    messages = talk(30)
    lines = everything(messages)
    view = make_view(messages)
    view.rows()
    top = len(lines) - 12
    while top > 0:
        view.scroll_by(-by)
        top = max(0, top - by)
        assert shown(view) == lines[top : top + 12]
        assert not view.following
    assert view.scroll == 0
    while top < len(lines) - 12:
        view.scroll_by(by)
        top = min(len(lines) - 12, top + by)
        assert shown(view) == lines[top : top + 12]
    assert view.following
    assert view.scroll == view.book.heights.total - 12 == len(lines) - 12


def test_a_jump_into_unseen_text_shows_the_text_there() -> None:
    messages = talk(200)
    lines = everything(messages)
    view = make_view(messages)
    view.rows()
    for part in (0.5, 0.1, 0.9, 0.0, 1.0):
        line = int(view.book.heights.total * part)
        view.scroll_to(line)
        found = shown(view)
        assert any(lines[n : n + 12] == found for n in range(len(lines)))
        if part < 1:
            assert abs(view.scroll - line) < 60
    assert view.following


operations = st.lists(
    st.one_of(
        st.tuples(st.just("scroll"), st.integers(-40, 40)),
        st.tuples(st.just("jump"), st.integers(0, 400)),
        st.tuples(st.just("write"), st.integers(1, 120)),
        st.tuples(st.just("append"), st.integers(0, 5)),
        st.tuples(st.just("width"), st.integers(16, 70)),
        st.tuples(st.just("height"), st.integers(1, 30)),
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(st.just("finish"), st.just(0)),
        st.tuples(st.just("follow"), st.just(0)),
        st.tuples(st.just("think"), st.integers(1, 60)),
        st.tuples(st.just("fold"), st.integers(0, 30)),
        st.tuples(st.just("thoughts"), st.integers(0, 30)),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 12), operations)
def test_whatever_happens_the_screen_is_a_piece_of_the_whole(
    count: int, made: list[tuple[str, int]]
) -> None:
    messages = talk(count)
    view = make_view(messages)
    width = 40
    written = thought = ""
    live: Message | None = None
    for number, (kind, value) in enumerate(made):
        if kind == "scroll":
            view.scroll_by(value)
        elif kind == "jump":
            view.scroll_to(value)
        elif kind == "follow":
            view.follow()
        elif kind == "height":
            view.height = value
        elif kind == "width":
            width = value
            view.relay(look(width))
        elif kind == "append":
            message = question(f"Another {value}", f"new {number}")
            messages.append(message)
            view.book.append(message)
        elif kind == "remove" and messages and live is None:
            place = value % len(messages)
            view.removing(place)
            view.book.remove(messages.pop(place).id)
        elif kind == "write":
            if live is None:
                live, written = answer("", f"live {number}", MessageState.STREAMING), ""
                thought = ""
                messages.append(live)
                view.book.append(live)
            text = RICH[len(written) % len(RICH) :][:value]
            written += text
            view.book.add_text(live.id, text)
        elif kind == "finish" and live is not None:
            done = replace(live, text=written, reasoning=thought, state=MessageState.COMPLETE)
            messages[[message.id for message in messages].index(live.id)] = done
            view.book.replace(done)
            live = None
        elif kind == "think" and live is not None:
            text = RICH[len(thought) % len(RICH) :][:value]
            thought += text
            view.book.add_thought(live.id, text)
        elif kind == "fold" and messages:
            place = value % len(messages)
            view.book.fold(place, not view.book.is_folded(place))
        elif kind == "thoughts" and messages:
            place = value % len(messages)
            view.book.show_thoughts(place, not view.book.thoughts_shown(place))

        found = shown(view)
        whole = [line for item in range(len(messages)) for line in lines_of(view.book, item)]
        assert len(found) == min(view.height, len(whole))
        if found:
            assert view.top is not None
            start = len([line for i in range(view.top.item) for line in lines_of(view.book, i)])
            start += sum(rows_before(view.book, view.top))
            assert found == whole[start : start + len(found)]
            assert view.scroll == start
            assert view.book.heights.total == len(whole)
            if view.following:
                assert found == whole[-len(found) :]
        assert view.book._kept == sum(e.kept_lines for e in view.book._entries.values())
    if live is None:
        assert whole_or_nothing(view, messages, width)


def lines_of(book: Book, item: int) -> list[str]:
    parts = range(len(book.entry(item).parts))
    return [line.text for part in parts for line in book.layout(item, part).lines]


def rows_before(book: Book, position: Position) -> list[int]:
    counts = [len(book.layout(position.item, part).lines) for part in range(position.part)]
    return [*counts, position.row]


def whole_or_nothing(view: View, messages: list[Message], width: int) -> bool:
    books = [view.book, Book(look(width))]
    books[1].beside = view.book.beside
    books[1].set_messages(messages)
    one, other = (
        [line for item in range(len(messages)) for line in lines_of(book, item)] for book in books
    )
    return one == other


def test_while_reading_above_new_text_moves_nothing() -> None:
    messages = [*talk(20), answer("", "live", MessageState.STREAMING)]
    view = make_view(messages)
    view.rows()
    view.scroll_by(-30)
    before = shown(view)
    for _ in range(50):
        view.book.add_text("live", "more and more text\n\n")
        assert shown(view) == before
    assert not view.following


def test_while_following_new_text_moves_everything_up() -> None:
    view = make_view([*talk(4), answer("", "live", MessageState.STREAMING)])
    for n in range(30):
        view.book.add_text("live", f"- line {n}\n")
        assert shown(view)[-1] == f"• line {n}"
    assert view.following


def test_the_line_at_the_top_stays_there_through_any_number_of_widths() -> None:
    messages = [question("start", "q"), answer(" ".join([f"w{n}" for n in range(900)]), "a")]
    view = make_view(messages, height=5)
    view.rows()
    view.scroll_to(20)
    word = shown(view)[0].split()[0]
    for width in (60, 25, 33, 80, 19, 40):
        view.relay(look(width))
        assert word in shown(view)[0].split()
    assert shown(view)[0].split()[0] == word


def test_text_that_comes_out_of_sight_is_not_laid_out() -> None:
    view = make_view([*talk(20), answer("", "live", MessageState.STREAMING)])
    view.rows()
    view.scroll_by(-40)
    view.rows()
    before = view.book.heights.total
    for _ in range(100):
        view.book.add_text("live", "a line\n\n")
        view.rows()

    assert view.book.heights.total >= before + 200
    assert len(view.book._entries["live"].pending) == 100
    view.book.replace(answer("a line\n\n" * 100, "live"))
    view.follow()
    assert shown(view)[-1] == "a line"


def test_only_what_is_seen_is_laid_out_and_not_all_of_it_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "LINES_KEPT", 300)
    messages = talk(400)
    view = make_view(messages)
    view.rows()
    assert len(view.book._entries) < 10
    lines = everything(messages)
    top = len(lines) - 12
    while top > 0:
        view.scroll_by(-10)
        top = max(0, top - 10)
        assert shown(view) == lines[top : top + 12]
        assert view.book._kept <= 300 + 60
    assert view.scroll == 0


def test_messages_that_stay_are_not_laid_out_again() -> None:
    messages = talk(6)
    view = make_view(messages, height=500)
    before = [row.line for row in view.rows()]
    view.book.set_messages(messages[:5])
    after = [row.line for row in view.rows()]
    assert [line for line in after if line.segments] == [
        line for line in before[: len(after)] if line.segments
    ]


def test_the_foot_says_how_an_answer_ended() -> None:
    def end(state: MessageState, **fields: str) -> list[str]:
        view = View(Book(Look(40, PALETTE, hint="Press R to retry.")))
        view.height = 20
        view.book.set_messages([question(), answer("Half", "a", state, **fields)])
        return shown(view)[5:]

    assert end(MessageState.COMPLETE) == ["Half"]
    assert end(MessageState.STOPPED) == ["Half", "■ stopped"]
    assert end(MessageState.INTERRUPTED) == [
        "Half",
        "■ interrupted - the program ended here",
    ]
    assert end(MessageState.FAILED, error="No \x1b[31mroute.") == [
        "Half",
        "✗ No ␛[31mroute.",
        "Press R to retry.",
    ]


@pytest.mark.parametrize(
    ("error", "foot"),
    [
        ("No. Press the retry key to ask again.", ["✗ No.", "R asks again."]),
        ("No. The retry key looks now.", ["✗ No. The retry key looks now."]),
    ],
)
def test_how_to_ask_again_is_told_once(error: str, foot: list[str]) -> None:
    view = View(Book(Look(40, PALETTE, hint="R asks again.")))
    view.height = 20
    view.book.set_messages([question(), answer("", "a", MessageState.FAILED, error=error)])
    assert shown(view)[-len(foot) :] == foot
    assert shown(view)[-len(foot) - 1].endswith("Study Buddy")


def test_the_hint_stands_below_the_last_message_only() -> None:
    view = View(Book(Look(40, PALETTE, hint="Press R.")))
    view.height = 20
    view.book.set_messages([question(), answer("", "a", MessageState.FAILED, error="No.")])
    assert shown(view)[-1] == "Press R."
    view.book.append(question("Again?", "q2"))
    assert "Press R." not in shown(view)
    view.book.remove("q2")
    assert shown(view)[-1] == "Press R."


def test_the_head_names_the_model_and_the_guess_counts_lines() -> None:
    view = make_view([answer("x", model="gpt-\x1b5")])
    assert shown(view) == ["", "Study Buddy · gpt-␛5", "x"]
    assert estimate(question("a\nb"), 40) == 4


def test_a_message_cannot_be_there_twice() -> None:
    book = Book(look())
    book.append(question())
    with pytest.raises(ValueError, match="already"):
        book.append(question())
    with pytest.raises(ValueError, match="same id"):
        book.set_messages([question(), question()])
