"""Pictures on this machine are drawn as blocks; nothing else is opened."""

from __future__ import annotations

import base64
import os
import socket
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from textual.app import App, ComposeResult

from studybuddy.ui.transcript import pictures
from studybuddy.ui.transcript.blocks import Figure
from studybuddy.ui.transcript.layout import lay_out
from studybuddy.ui.transcript.markdown import parse
from studybuddy.ui.widgets.conversation import Conversation
from tests.ui.transcript.samples import answer, plain_palette, texts

PALETTE = plain_palette()


@pytest.fixture(autouse=True)
def many_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "enough_colours", lambda: True)


@pytest.fixture
def plot(tmp_path: Path) -> Path:
    """A picture whose upper half is red and whose lower is blue."""
    image = Image.new("RGB", (160, 96), (255, 0, 0))
    image.paste((0, 0, 255), (0, 48, 160, 96))
    image.save(tmp_path / "my plot.png")
    return tmp_path / "my plot.png"


def lines_of(text: str, width: int = 40, **options: Any) -> list[str]:
    return texts(lay_out(parse(text), width, PALETTE, **options).lines)


def test_a_picture_by_itself_is_drawn_as_wide_as_it_may_be_and_named(plot: Path) -> None:
    layout = lay_out(parse(f"See:\n\n![A plot](<{plot}>)\n\nend"), 40, PALETTE)
    lines = texts(layout.lines)
    assert lines == ["See:", "", *["▀" * 20] * 6, "A plot: my plot.png, 160×96", "", "end"]
    assert layout.copy == "See:\n\nA plot: my plot.png, 160×96\n\nend"
    assert lines_of(f"![A plot](<{plot}>)", 10)[:4] == [*["▀" * 10] * 3, "A plot: my"]

    styles = [line.segments[0].style for line in layout.lines[2:8]]
    colours = [(style.color.triplet, style.bgcolor.triplet) for style in styles]  # type: ignore
    assert colours[0] == ((255, 0, 0), (255, 0, 0))
    assert colours[-1] == ((0, 0, 255), (0, 0, 255))


def test_a_picture_in_the_text_itself_is_drawn() -> None:
    stream = BytesIO()
    Image.new("RGBA", (8, 16), (0, 0, 0, 0)).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    text = f"![dot](data:image/png;base64,{data})"
    assert lines_of(text) == ["▀", "dot: 8×16"]
    assert lines_of(text, flat=True) == ["[image: dot] (data)"]


@pytest.mark.parametrize(
    "source",
    ["nowhere.png", "/dev/zero", "C:\\plot.png", "data:image/png;base64,AAAA", "~nobody9/x.png",
     "data:image/png;base64,?", "%00.png"],
)  # fmt: skip
def test_what_cannot_be_drawn_has_a_label(source: str) -> None:
    told = "data" if source.startswith("data:") else source
    assert "".join(lines_of(f"![A plot]({source})", 90)) == f"[image: A plot] ({told})"


def test_a_file_that_is_no_picture_or_too_large_has_a_label(
    tmp_path: Path, plot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    assert lines_of(f"![]({tmp_path}/text.png)", 200) == [f"[image] ({tmp_path}/text.png)"]
    monkeypatch.setattr(pictures, "LARGEST", 10)
    assert lines_of(f"![a](<{plot}>)", 200) == [f"[image: a] ({plot})"]
    monkeypatch.undo()
    monkeypatch.setattr(pictures, "enough_colours", lambda: False)
    assert lines_of(f"![a](<{plot}>)", 200) == [f"[image: a] ({plot})"]


def test_a_changed_file_is_drawn_anew(plot: Path) -> None:
    assert len(lines_of(f"![a](<{plot}>)")) == 7
    Image.new("RGB", (80, 160)).save(plot)
    os.utime(plot, ns=(1, 1))
    assert lines_of(f"![a](<{plot}>)")[-1] == "a: my plot.png, 80×160"


@pytest.mark.parametrize(
    "source", ["https://a.b/c.png", "//host/share/c.png", "file://host/c.png", "ftp://a/c.png"]
)
def test_nothing_of_another_machine_is_opened(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert not any(isinstance(block, Figure) for block in parse(f"![a]({source})"))
    assert "a" in lines_of(f"![a]({source})")[0]


class Told(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield Conversation([answer("Look ![a cat](https://a.b/cat.png) and $x_1$.")])

    def on_transcript_link_clicked(self, event: Conversation.LinkClicked) -> None:
        self.opened.append(event.url)


async def test_an_image_on_the_web_is_stepped_to_copied_and_opened_by_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Told()
    opened: list[str] = []
    monkeypatch.setattr(app, "open_url", lambda url, **_: opened.append(url))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    async with app.run_test(size=(70, 20)) as pilot:
        app.query_one(Conversation).focus()
        await pilot.press("m", "enter")
        await pilot.pause()
        assert opened == ["https://a.b/cat.png"]
        await pilot.press("m", "enter")
        await pilot.pause()
        assert opened == ["https://a.b/cat.png"]  # a formula leads nowhere
