"""The obvious way to stream an answer: the SDK into Textual's own Markdown stream.

Usage: python naive.py BASE_URL
"""

from __future__ import annotations

import sys

from textual import events, work
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown, TextArea


class Prompt(TextArea):
    """Enter sends."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.prevent_default()
            event.stop()
            question, self.text = self.text, ""
            self.app.ask(question)  # type: ignore[attr-defined]


class Naive(App[None]):
    """A scroll that follows its end, and a prompt below it."""

    CSS = "Prompt { height: 5; }"

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def compose(self) -> ComposeResult:
        yield VerticalScroll(can_focus=False)
        yield Prompt(placeholder="Ask Study Buddy")

    def on_mount(self) -> None:
        self.query_one(Prompt).focus()

    @work
    async def ask(self, question: str) -> None:
        from openai import AsyncOpenAI

        scroll = self.query_one(VerticalScroll)
        await scroll.mount(Markdown(question))
        answer = Markdown()
        await scroll.mount(answer)
        scroll.anchor()
        stream = Markdown.get_stream(answer)
        try:
            async with AsyncOpenAI(base_url=self.base_url, api_key="none") as client:
                async for chunk in await client.chat.completions.create(
                    model="scripted",
                    messages=[{"role": "user", "content": question}],
                    stream=True,
                ):
                    if chunk.choices and (text := chunk.choices[0].delta.content):
                        await stream.write(text)
        finally:
            await stream.stop()


if __name__ == "__main__":
    Naive(sys.argv[1]).run()
