"""Long lines of code, scrolled sideways."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import MouseScrollDown, MouseScrollRight
from textual.geometry import Offset
from textual.selection import Selection

from studybuddy.ui.transcript.selecting import selected_text, y_of
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import answer, question

SIZE = (40, 20)
LONG = "x = " + " + ".join([f"n{n}" for n in range(30)])
BLOCK = f"```py\n{LONG}\nshort = 1\n```"


def code_of(app: Host) -> Sequence[str]:
    return [line for line in app.lines() if line[:1] in ("‹", "│", " ") and line.strip()]


async def test_long_lines_are_cut_at_the_edge_and_scrolled_by_steps() -> None:
    app = Host([question(), answer(BLOCK)])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        await pilot.pause()
        width = transcript._book.look.width
        label, first, second = code_of(app)
        assert (label.strip(), second.strip()) == ("py", "short = 1")
        assert first == f" {LONG}"[: width - 1] + "›"
        assert transcript.slide(1)
        await pilot.pause()
        first, *_ = [line for line in code_of(app) if "n" in line]
        assert first == f"‹{LONG[12:]}"[: width - 1] + "›"
        while transcript.slide(1):
            pass
        await pilot.pause()
        first, *_ = [line for line in code_of(app) if "n" in line]
        assert first.endswith(LONG[-10:])
        while transcript.slide(-1):
            pass
        await pilot.pause()
        assert code_of(app) == [label, f" {LONG}"[: width - 1] + "›", second]


async def test_the_chosen_block_alone_is_scrolled() -> None:
    app = Host([question(), answer(f"{BLOCK}\n\ntext\n\n{BLOCK}")])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        await pilot.pause()
        transcript.code_previous()
        assert transcript.slide(1)
        await pilot.pause()
        long = [line for line in code_of(app) if line.endswith("›")]
        assert [line[0] for line in long] == [" ", "‹"]
        transcript.cursor_previous()
        assert transcript.slide(1)
        await pilot.pause()
        long = [line for line in code_of(app) if line.endswith("›")]
        assert [line[0] for line in long] == ["‹", "‹"]
        transcript.set_messages([question(), answer("no code", "b")])
        assert not transcript.slide(1)


async def test_the_wheel_scrolls_what_is_under_the_mouse() -> None:
    app = Host([question(), answer(BLOCK)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        row = next(y for y, line in enumerate(app.lines()) if line.endswith("›"))
        await pilot._post_mouse_events([MouseScrollRight], app.transcript, offset=(5, row))
        await pilot.pause()
        assert app.lines()[row].startswith("‹")
        before = app.lines()[row]
        await pilot._post_mouse_events([MouseScrollRight], app.transcript, offset=(5, 2))
        await pilot.pause()
        assert app.lines()[row] == before
        await pilot._post_mouse_events(
            [MouseScrollDown], app.transcript, offset=(5, row), shift=True
        )
        await pilot.pause()
        assert app.lines()[row] != before


async def test_what_is_selected_is_what_is_seen() -> None:
    app = Host([question(), answer(BLOCK)])
    async with app.run_test(size=SIZE) as pilot:
        transcript = app.transcript
        await pilot.pause()
        transcript.slide(1)
        await pilot.pause()
        row = next(y for y, line in enumerate(app.lines()) if line.endswith("›"))
        strip = transcript.render_line(row)
        metas = [segment.style.meta for segment in strip if segment.style]
        at, place = metas[transcript._margin + 3]["offset"]
        assert place == y_of(1, 2)
        selection = Selection(Offset(at, place), Offset(at + 6, place))
        assert selected_text(transcript._book, selection) == LONG[12:18]


async def test_code_can_be_wrapped_instead() -> None:
    app = Host([question(), answer(BLOCK)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.transcript.slide(2)
        assert app.transcript.toggle_wrap()
        await pilot.pause()
        assert sum("↪" in line for line in app.lines()) >= 3
        assert not any(line.endswith("›") or line.startswith("‹") for line in app.lines())
        assert not app.transcript.slide(1)
        assert not app.transcript.toggle_wrap()
        await pilot.pause()
        assert any(line.endswith("›") for line in app.lines())
