"""Formulas are chosen by key and copied as LaTeX."""

from __future__ import annotations

from textual.app import App, ComposeResult

from studybuddy.ui.widgets.conversation import Conversation
from tests.ui.transcript.samples import answer, question

TEXT = r"""So $a_1$ and again $a_1$, or a long one
$$
x = \frac{a}{b}
$$
and $y$."""


class Told(App[None]):
    def compose(self) -> ComposeResult:
        yield Conversation(
            [question("What is $5?", "q"), answer(TEXT, "a"), answer("No maths", "b"),
             answer(r"Last: \(z^2\)", "c")]
        )  # fmt: skip


async def test_m_walks_over_formulas_and_c_copies_their_latex() -> None:
    app = Told()
    async with app.run_test(size=(60, 24)) as pilot:
        conversation = app.query_one(Conversation)
        conversation.focus()
        seen = []
        for key in ("m", "m", "m", "m", "m", "m", "M"):
            await pilot.press(key, "c")
            seen.append(app.clipboard)
        assert seen == ["a_1", "a_1", r"x = \frac{a}{b}", "y", "z^2", "z^2", "y"]
        assert conversation.cursor == 1

        await pilot.press("k", "c")
        assert app.clipboard == TEXT  # back on the message as a whole


async def test_the_chosen_formula_is_shown_on_each_of_its_lines() -> None:
    app = Told()
    async with app.run_test(size=(60, 24)) as pilot:
        conversation = app.query_one(Conversation)
        conversation.focus()
        await pilot.press("m", "m", "m")
        drawn = conversation._cursor.drawn
        assert drawn is not None
        assert len(drawn.pieces) == 3
        for y, row in enumerate(conversation._rows):
            strip = conversation._strips[y]
            marked = any(segment.style and segment.style.reverse for segment in strip)
            assert marked is (row.position in dict(drawn.pieces))


async def test_without_formulas_the_cursor_stays_where_it_is() -> None:
    app = Told()
    async with app.run_test(size=(60, 24)) as pilot:
        conversation = app.query_one(Conversation)
        conversation.set_messages([answer("No maths, $5.")])
        conversation.focus()
        await pilot.press("m", "M")
        assert conversation.cursor is None
        assert conversation.current_formula() is None


async def test_m_walks_over_images_wherever_they_are_and_c_copies_their_address() -> None:
    text = (
        "![a](plot.png)\n\nIn a line ![b](img/b.png) and ![c](https://x.invalid/c.png).\n\n"
        "![d](data:image/png;base64,AAAA)\n\n$x$"
    )
    app = Told()
    async with app.run_test(size=(60, 24)) as pilot:
        conversation = app.query_one(Conversation)
        conversation.set_messages([answer(text)])
        conversation.focus()
        seen = []
        for _ in range(5):
            await pilot.press("m", "c")
            seen.append(app.clipboard)
        assert seen == [
            "plot.png", "img/b.png", "https://x.invalid/c.png", "data:image/png;base64,AAAA", "x",
        ]  # fmt: skip


async def test_enter_copies_the_address_of_an_image_that_is_a_file() -> None:
    app = Told()
    async with app.run_test(size=(60, 24)) as pilot:
        conversation = app.query_one(Conversation)
        conversation.set_messages([answer("![a](plot.png)")])
        conversation.focus()
        await pilot.press("m", "enter")
        assert app.clipboard == "plot.png"


async def test_data_is_no_address_to_be_read() -> None:
    app = Told()
    async with app.run_test(size=(60, 24)) as pilot:
        conversation = app.query_one(Conversation)
        conversation.set_messages(
            [answer("See ![b](data:image/svg+xml;base64,QUJD) or [f](data:text/plain,QUJD).")]
        )
        await pilot.pause()
        shown = "\n".join(row.line.text for row in conversation._rows)
        assert "See [image: b] (data) or f (data)." in shown
        assert "QUJD" not in shown
