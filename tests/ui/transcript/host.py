"""A minimal app around a transcript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message as Event
from textual.widgets import Input

from studybuddy.domain.messages import Message
from studybuddy.ui.transcript import Transcript


class Host(App[None]):
    """Shows a transcript above a prompt and keeps the events it posts."""

    def __init__(self, messages: Sequence[Message] = (), **options: Any) -> None:
        super().__init__()
        self.transcript = Transcript(messages, **options)
        self.events: list[Event] = []
        self.layouts = 0
        self.painted: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.transcript
        yield Input()

    def on_mount(self) -> None:
        self.screen.screen_layout_refresh_signal.subscribe(self, self._count, immediate=True)

    def _count(self, _: object) -> None:
        self.layouts += 1

    def watch_painting(self) -> None:
        """From now on keep how many lines of the transcript are painted again."""
        refresh = self.transcript.refresh

        def counting(*regions: Region, **options: Any) -> Transcript:
            height = self.transcript.size.height
            self.painted.append(sum([region.height for region in regions]) or height)
            return refresh(*regions, **options)

        self.transcript.refresh = counting  # type: ignore[method-assign]

    def on_transcript_link_clicked(self, event: Transcript.LinkClicked) -> None:
        self.events.append(event)

    def on_transcript_cursor_moved(self, event: Transcript.CursorMoved) -> None:
        self.events.append(event)

    def on_transcript_following_changed(self, event: Transcript.FollowingChanged) -> None:
        self.events.append(event)

    def lines(self) -> list[str]:
        """Return what the transcript's part of the screen shows, without the gutter."""
        region = self.transcript.region
        strips = self.screen._compositor.render_strips()[region.y : region.bottom]
        left = self.transcript._margin + 2
        right = region.right - self.transcript.scrollbar_size_vertical
        return [strip.crop(region.x, right).text[left:].rstrip() for strip in strips]
