"""The transcript in an app."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.content import Content
from textual.events import MouseScrollUp
from textual.geometry import Region
from textual.pilot import Pilot
from textual.scrollbar import ScrollTo

from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.transcript import Transcript
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import RICH, answer, question

SIZE = (60, 20)  # of which the prompt takes three lines


def talk(count: int) -> list[Message]:
    return [
        question(f"Question {n}", str(n)) if n % 2 == 0 else answer(f"Answer {n}", str(n))
        for n in range(count)
    ]


def live(text: str = "") -> Message:
    return answer(text, "live", MessageState.STREAMING)


async def until(pilot: Pilot[None], app: Host, line: str) -> None:
    """Wait until a line is on the screen."""
    for _ in range(200):
        if any(line in shown for shown in app.lines()):
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{line!r} is not in {app.lines()}")


async def test_a_conversation_is_shown_from_its_end() -> None:
    app = Host(talk(30))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.lines()[-2:] == ["Study Buddy", "Answer 29"]
        assert app.transcript.following
        assert app.transcript.max_scroll_y == app.transcript.scroll_y


async def test_where_there_are_no_messages_a_welcome_is_shown() -> None:
    app = Host(empty=Content("Ask me anything"))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "Ask me anything" in app.lines()[8]
        app.transcript.append(question())
        await pilot.pause()
        assert "Ask me anything" not in "".join(app.lines())
        app.transcript.clear()
        app.transcript.empty = Content("Welcome back")
        await pilot.pause()
        assert "Welcome back" in app.lines()[8]


async def test_an_answer_appears_as_it_streams_and_is_complete_at_once_at_its_end() -> None:
    app = Host([question()])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        transcript.append(live())
        transcript.stream("live", "Because **water")
        await pilot.pause()
        assert app.lines()[5] == "Because **water▍"
        for piece in ("** is ", "wet", "."):
            transcript.stream("live", piece)
        await until(pilot, app, "Because water is wet.▍")
        transcript.stream("live", " The")
        transcript.replace(answer("Because **water** is wet. The end.", "live"))
        await pilot.pause()
        assert app.lines()[5] == "Because water is wet. The end."
        assert transcript._timer is None


async def test_text_for_a_message_that_is_not_shown_is_ignored() -> None:
    app = Host([question()])
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.stream("elsewhere", "text")
        app.transcript.replace(answer("text", "elsewhere"))
        app.transcript.remove_message("elsewhere")
        await pilot.pause()
        assert app.lines()[:3] == ["", "You", "Why?"]


async def test_an_answer_can_fail_after_its_first_words_and_be_taken_away() -> None:
    app = Host([question(), live("Half")], hint="Press Ctrl+R.")
    async with app.run_test(size=SIZE) as pilot:
        failed = answer("Half", "live", MessageState.FAILED, error="No network.")
        app.transcript.replace(failed)
        await pilot.pause()
        assert app.lines()[4:8] == ["Study Buddy", "Half", "✗ No network.", "Press Ctrl+R."]
        app.transcript.hint = "Press F5."
        await pilot.pause()
        assert app.lines()[7] == "Press F5."
        app.transcript.remove_message("live")
        await pilot.pause()
        assert app.lines()[2:5] == ["Why?", "", ""]


async def test_scrolling_up_stops_following_and_end_resumes_it() -> None:
    app = Host([*talk(30), live()])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        transcript.focus()
        await pilot.pause()
        for release in ("wheel", "pageup", "up", "bar"):
            if release == "wheel":
                await pilot._post_mouse_events([MouseScrollUp], transcript)
            elif release == "bar":
                transcript.vertical_scrollbar.post_message(ScrollTo(y=10))
            else:
                await pilot.press(release)
            await pilot.pause()
            assert not transcript.following, release
            before = app.lines()
            transcript.stream("live", f"\n\nmore and more, {release}\n\n- item\n\nlast {release}")
            transcript._frame()
            await pilot.pause()
            assert app.lines() == before, release
            await pilot.press("end")
            await pilot.pause()
            assert transcript.following
            assert app.lines()[-1] == f"last {release}▍"
    changes = [e.following for e in app.events if isinstance(e, Transcript.FollowingChanged)]
    assert changes == [False, True] * 4


async def test_scrolling_back_down_to_the_end_follows_again() -> None:
    app = Host(talk(30))
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.scroll_lines(-7)
        assert not app.transcript.following
        app.transcript.scroll_lines(6)
        assert not app.transcript.following
        app.transcript.scroll_lines(1)
        assert app.transcript.following
        await pilot.pause()


@pytest.mark.usefixtures("painted")
async def test_home_and_end_go_to_the_ends() -> None:
    app = Host(talk(300))
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.focus()
        await pilot.press("home")
        assert app.lines()[1:3] == ["You", "Question 0"]
        assert app.transcript.scroll_y == 0
        await pilot.press("pagedown", "down")
        assert app.transcript.scroll_y == 16
        await pilot.press("end")
        assert app.lines()[-1] == "Answer 299"


@pytest.mark.usefixtures("painted")
async def test_only_lines_that_changed_are_painted_and_the_screen_is_not_laid_out() -> None:
    app = Host([*talk(30), live("First paragraph.\n\nSecond")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.layouts = 0
        app.watch_painting()
        for word in (" and", " more"):
            app.transcript.stream("live", word)
            app.transcript._frame()
            await pilot.pause()
        assert app.painted == [1, 1]
        assert app.lines()[-1] == "Second and more▍"
        for _ in range(20):
            app.transcript.stream("live", "\n\nAnother paragraph")
            app.transcript._frame()
            await pilot.pause()
        assert app.lines()[-1] == "Another paragraph▍"
        assert app.layouts == 0


async def test_what_a_glance_at_one_line_brings_to_light_is_painted_too() -> None:
    app = Host([*talk(30), live("Text")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.watch_painting()
        app.transcript._book.add_text("live", "\n\nmore")
        app.transcript.notify_style_update()
        app.transcript.render_lines(Region(0, 0, SIZE[0], 1))
        assert sum(app.painted) == 17


async def test_pieces_that_come_together_are_painted_together() -> None:
    app = Host([question(), live()])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.watch_painting()
        for _ in range(500):
            app.transcript.stream("live", "word ")
        assert len(app.painted) <= 2
        app.transcript.replace(answer("word " * 500, "live"))
        await pilot.pause()
        assert app.lines()[-1].startswith("word word")


async def test_a_new_size_keeps_what_is_read_and_follows_where_it_followed() -> None:
    words = " ".join([f"w{n}" for n in range(3000)])
    app = Host([question(), answer(words)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.resize_terminal(40, 15)
        await pilot.pause()
        assert app.lines()[-1].endswith("w2999")
        app.transcript.scroll_to(y=100)
        await pilot.pause()
        word = app.lines()[0].split()[0]
        for size in ((90, 30), (50, 12), (40, 15)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert word in app.lines()[0].split()
        assert all(len(line) <= 40 for line in app.lines())


async def test_resizing_while_an_answer_streams_loses_nothing() -> None:
    app = Host([question(), live()])
    async with app.run_test(size=SIZE) as pilot:
        for n, size in enumerate([(40, 20), (100, 30), (60, 12), (60, 20)] * 3):
            app.transcript.stream("live", RICH[n * 60 : n * 60 + 60])
            await pilot.resize_terminal(*size)
            await pilot.pause()
        whole = RICH[: 12 * 60]
        app.transcript.replace(answer(whole, "live"))
        await pilot.pause()
        streamed = app.lines()
        app.transcript.set_messages([question(), answer(whole, "other")])
        await pilot.pause()
        assert app.lines() == streamed


async def test_another_theme_recolours_everything() -> None:
    app = Host([question(), answer(RICH)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        before, lines = app.transcript._palette, app.lines()
        app.theme = "textual-light"
        await pilot.pause()
        assert before is not None
        assert app.transcript._palette is not None
        assert app.transcript._palette.text != before.text
        assert app.lines() == lines
        colours = {s.style.bgcolor for s in app.transcript._strips[3] if s.style}
        assert app.transcript._palette.text.bgcolor in colours
        assert before.text.bgcolor not in colours


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "nord"])
async def test_each_theme_can_draw_everything(theme: str) -> None:
    app = Host([question(), answer(RICH), live("x"), answer("", "f", MessageState.FAILED)])
    async with app.run_test(size=(100, 60)) as pilot:
        app.theme = theme
        await pilot.pause()
        assert any("binary search" in line for line in app.lines())


async def test_the_cursor_walks_over_messages_and_shows_them() -> None:
    app = Host(talk(40))
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        transcript.focus()
        await pilot.pause()
        assert transcript.cursor is None
        assert transcript.current_message() == transcript.messages[39]
        transcript.cursor_previous()
        assert transcript.cursor == 39
        for _ in range(30):
            transcript.cursor_previous()
            await pilot.pause()
            assert any(line.endswith(f" {transcript.cursor}") for line in app.lines())
        assert transcript.cursor == 9
        assert transcript.current_message() == transcript.messages[9]
        bars = [strip.text.strip()[:1] for strip in transcript._strips]
        assert bars.count("▌") == 2
        app.query_one("Input").focus()
        await pilot.pause()
        assert not any("▌" in strip.text for strip in transcript._strips)
        for _ in range(60):
            transcript.cursor_next()
        assert transcript.cursor == 39
        assert transcript.following
        await pilot.pause()
    moved = [event.index for event in app.events if isinstance(event, Transcript.CursorMoved)]
    assert moved[:3] == [39, 38, 37]


async def test_code_blocks_are_walked_over_across_messages() -> None:
    messages = [
        question(key="1"),
        answer("```\none\n```\n\ntext\n\n- item\n\n  ```\n  two\n  ```", "2"),
        question("Mine:\n```py\nthree\n```", "3"),
        *talk(0),
        answer("no code", "4"),
        answer("x\n\n    four", "5"),
    ]
    app = Host(messages)
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        transcript.focus()
        await pilot.pause()
        assert transcript.current_code() == "four"
        walked = []
        for _ in range(5):
            transcript.code_previous()
            walked.append(transcript.current_code())
        assert walked == ["four", "three", "two", "one", "one"]
        await pilot.pause()
        marked = [strip.text for strip in transcript._strips if "▌" in strip.text]
        assert len(marked) == 1
        assert "one" in marked[0]
        transcript.code_next()
        assert transcript.current_code() == "two"
        assert transcript.cursor == 1
        transcript.cursor_next()
        assert transcript.current_code() == "three"
        transcript.set_messages(talk(4))
        assert transcript.current_code() is None


async def test_a_click_moves_the_cursor_and_a_link_is_told() -> None:
    app = Host([question(), answer("See [it](https://a.b/c) or [that](file:///x).")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        row = next(y for y, line in enumerate(app.lines()) if "See" in line)
        left = 2
        await pilot.click(app.transcript, offset=(left + 4, row))
        await pilot.click(app.transcript, offset=(left + app.lines()[row].index("that"), row))
        await pilot.pause()
    links = [event.url for event in app.events if isinstance(event, Transcript.LinkClicked)]
    assert links == ["https://a.b/c"]
    assert app.transcript.cursor == 1


async def drag(
    pilot: Pilot[None], app: Host, start: tuple[int, int], end: tuple[int, int]
) -> str | None:
    """Select from one cell of the text to another and return what would be copied."""
    left = app.transcript._margin + 2
    await pilot.mouse_down(app.transcript, offset=(start[0] + left, start[1]))
    await pilot.hover(app.transcript, offset=(end[0] + left, end[1]))
    await pilot.mouse_up(app.transcript, offset=(end[0] + left, end[1]))
    await pilot.pause()
    return app.screen.get_selected_text()


async def test_the_mouse_selects_text_without_frames_and_soft_breaks() -> None:
    long = "a paragraph that is longer than the pane is wide, so that it breaks softly here"
    text = f"{long}\n\n> quoted **text**\n\n```py\nx = 1\n```"
    app = Host([question("Ask\nmore"), answer(text)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        lines = app.lines()
        end = next(y for y, line in enumerate(lines) if "x = 1" in line)
        assert await drag(pilot, app, (0, 2), (20, end)) == (
            f"Ask\nmore\n\n{long}\n\nquoted text\n\nx = 1"
        )
        assert await drag(pilot, app, (2, 6), (10, 6)) == "paragraph"
        assert await drag(pilot, app, (10, 6), (2, 6)) == "paragraph"
        assert await drag(pilot, app, (0, 0), (1, 2)) == "As"
        # The right and left of a line belong to it.
        assert await drag(pilot, app, (50, 2), (50, 3)) == "\nmore"
        assert await drag(pilot, app, (-2, 2), (-1, 3)) == "Ask\nm"


async def test_what_is_selected_is_shown_and_stays_while_the_view_moves() -> None:
    app = Host([*talk(20), answer("word " * 200, "long")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        selected = await drag(pilot, app, (5, 3), (8, 6))
        assert selected is not None
        palette = app.transcript._palette
        assert palette is not None

        def marked() -> str:
            return " ".join(
                segment.text
                for strip in app.transcript._strips
                for segment in strip
                if segment.style and segment.style.bgcolor == palette.selection.bgcolor
            )

        assert marked().split() == selected.split()
        app.transcript.scroll_lines(-3)
        assert marked().split() == selected.split()
        await pilot.resize_terminal(45, 20)
        await pilot.pause()
        assert app.screen.get_selected_text() == selected
        app.screen.clear_selection()
        await pilot.pause()
        assert marked() == ""


async def test_a_double_click_selects_the_message() -> None:
    app = Host([question(), answer("one\n\ntwo"), question("Next?", "q2")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click(app.transcript, offset=(3, 5), times=2)
        await pilot.pause()
        assert app.screen.get_selected_text() == "one\n\ntwo"


async def test_everything_selected_in_a_long_conversation_is_copied_without_laying_it_out() -> None:
    app = Host([answer(f"**A** {n}", str(n)) for n in range(2_000)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.screen._select_all_in_widget(app.transcript)
        text = app.screen.get_selected_text()
        assert text is not None
        assert text.count("\n\n") == 1_999
        assert text.endswith("A 1999")
        assert len(app.transcript._book._entries) < 30


async def test_ten_thousand_messages_open_at_the_end_with_only_the_last_looked_at() -> None:
    messages = [
        question(f"Question {n}? " + "why " * 100, str(n)) if n % 2 else answer(RICH, str(n))
        for n in range(10_000)
    ]
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.transcript.set_messages(messages)
        await pilot.pause()
        assert app.lines()[-1].startswith("why")
        assert len(app.transcript._book._entries) < 10
        app.transcript.scroll_home()
        assert app.lines()[1] == "Study Buddy"
        app.transcript.scroll_to(y=app.transcript.max_scroll_y // 2)
        assert len(app.transcript._book._entries) < 30
        assert not app.transcript.following


HOSTILE = [
    "\x1b[2J\x1b]0;title\x07\x9b31m",
    "[bold]not markup[/bold] [link=http://x]x[/link] [@click=app.quit]q[/]",
    "x" * 200_000,
    "\u202etxt.exe\u2066",
    "👩\u200d\u200d\u200d💻\ufe0f\ufe0f" * 50,
    "שלום עולם مرحبا",
    "|a|b|\n|-|-|\n" + "|1|2|\n" * 2_000,
    "\n" * 5_000,
    "\ud800 lone",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_only_text(text: str) -> None:
    app = Host([question(text), answer(text), live()], hint=text[:50])
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.stream("live", text)
        app.transcript.replace(
            replace(live(text), state=MessageState.FAILED, error=text[:300], model=text[:50])
        )
        await pilot.pause()
        app.transcript.scroll_home()
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            assert strip.cell_length == SIZE[0]
            assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in strip.text)
            strip.text.encode()
        if "[bold]" in text:
            assert app.lines()[2].startswith("[bold]not markup[/bold]")


async def test_an_idle_transcript_runs_no_timer() -> None:
    app = Host([question(), live()])
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.stream("live", "a")
        app.transcript.stream("live", "b")
        await until(pilot, app, "ab▍")
        assert app.transcript._timer is None
        assert not list(app.transcript._timers)


async def test_focus_is_shown_without_a_new_layout() -> None:
    app = Host(talk(30))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.layouts = 0
        app.transcript.focus()
        await pilot.pause()
        app.transcript.cursor_previous()
        await pilot.pause()
        assert app.layouts == 0


async def test_heads_say_what_is_pinned_kept_and_not_in_the_context_any_more() -> None:
    messages = talk(3)
    messages[1] = replace(messages[1], kept=True)
    app = Host(messages)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.lines()[4] == "Study Buddy · kept answer"
        app.transcript.set_outside(frozenset({"0", "1"}))
        await pilot.pause()
        assert app.lines()[1] == "You · not in the context"
        assert app.lines()[4] == "Study Buddy · kept answer · not in the context"
        assert app.lines()[7] == "You"
        app.transcript.replace(replace(messages[0], pinned=True))
        app.transcript.set_outside(frozenset({"1"}))
        await pilot.pause()
        assert app.lines()[1] == "You · pinned"
        app.transcript.set_outside(frozenset())
        await pilot.pause()
        assert "not in the context" not in "".join(app.lines())


async def test_what_is_not_in_the_context_is_still_said_after_a_new_layout() -> None:
    app = Host(talk(2))
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.set_outside(frozenset({"0"}))
        await pilot.resize_terminal(50, 20)
        await pilot.pause()
        assert "You · not in the context" in app.lines()
