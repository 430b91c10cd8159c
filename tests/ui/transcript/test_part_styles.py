"""How parts of messages look, though no style of theirs is looked up before there is a message."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.theme import Theme
from textual.widget import Widget

from studybuddy.ui.transcript.css import PARTS_CSS
from studybuddy.ui.transcript.palette import PARTS, component
from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import answer, question

SAID = (question("What is `x`?"), answer("# A name\n\nIt is a **name** [here](https://a.example)."))


class Declared(Widget):
    """Has the parts as component classes, and Textual look them up."""

    DEFAULT_CSS = PARTS_CSS.replace("Transcript {", "Declared {")
    COMPONENT_CLASSES = {component(part) for part in PARTS if part != "text"}


class Both(Host):
    """Has one of these in the transcript."""

    CSS = "Declared { display: none; }"


def styles(app: Host) -> dict[str, Style]:
    palette = app.transcript._palette
    assert palette is not None
    return {part: getattr(palette, part) for part in PARTS if part != "text"}


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "nord"])
async def test_parts_look_as_their_component_classes_would(theme: str) -> None:
    app = Both(SAID)
    async with app.run_test() as pilot:
        declared = Declared()
        await app.transcript.mount(declared)
        app.theme = theme
        await pilot.pause()
        names = {part: component(part) for part in PARTS if part != "text"}
        expected = {part: declared.get_component_rich_style(names[part]) for part in names}
        assert styles(app) == expected


async def test_a_theme_chosen_while_nothing_was_said_is_that_of_the_first_message() -> None:
    app, other = Host(), Host(SAID)
    for host in (app, other):
        async with host.run_test() as pilot:
            host.theme = "textual-light"
            await pilot.pause()
            for message in () if host is other else SAID:
                host.transcript.append(message)
            await pilot.pause()
            assert host.transcript._palette is not None
            assert len(set(styles(host).values())) > 10
    assert app.transcript._palette == other.transcript._palette


async def test_a_theme_that_differs_in_parts_alone_is_seen_at_once() -> None:
    app = Host(SAID)
    async with app.run_test() as pilot:
        colours = {"primary": "#3060c0", "background": "#101010", "foreground": "#e0e0e0"}
        for name, accent in (("one", "#c04040"), ("two", "#40c040")):
            app.register_theme(Theme(name, **colours, accent=accent, dark=True))  # type: ignore[arg-type]
        app.theme = "one"
        await pilot.pause()
        before = styles(app)["assistant_name"]
        app.theme = "two"
        await pilot.pause()
        after = styles(app)["assistant_name"]
        assert after != before
        shown = {segment.style for strip in app.transcript._strips for segment in strip}
        assert after in shown
        assert before not in shown


async def test_the_first_message_is_drawn_in_its_own_styles_at_once() -> None:
    app = Host()
    async with app.run_test():
        for message in SAID:
            app.transcript.append(message)
        shown = {segment.style for strip in app.transcript._strips for segment in strip}
        assert {styles(app)[part] for part in ("user_name", "assistant_name", "heading")} <= shown
