"""`studybuddy web` in a headless Chromium: keys, answers, copying, links, and no process left."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.support.browser import (
    ALT,
    CTRL,
    SHIFT,
    WAIT,
    Browser,
    Page,
    becomes_true,
    browser,
    chromium,
)
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Hang, Reply, Stream, answer, text_steps

pytestmark = [
    pytest.mark.skipif(
        chromium() is None or importlib.util.find_spec("textual_serve") is None,
        reason="there is no Chromium, or the extra “web” is not installed",
    ),
    pytest.mark.skipif(sys.platform == "win32", reason="signals are sent"),
]
PROMPT = "Ask Study Buddy"
CLOSED = "!!document.body?.classList.contains('-closed')"
AT_THE_FOOT = (
    "studybuddy.buffer.active.getLine(studybuddy.rows - 1).translateToString().includes('F1 Help')"
)
NO_CLIPBOARD = "delete Navigator.prototype.clipboard"


@dataclass(frozen=True)
class Study:
    """A server that serves pages, and the browser that looks at one of them."""

    home: Path
    address: str
    process: Process
    browser: Browser

    @property
    def base(self) -> str:
        """Where pages are, without the key."""
        return self.address.split("?")[0]

    async def open(self, address: str = "") -> Page:
        """A page on which the app waits for a question."""
        page = await self.browser.open(address or self.address)
        await page.shows(PROMPT)
        return page

    def apps(self) -> list[psutil.Process]:
        """The processes of apps that run for pages."""
        return [
            child
            for child in psutil.Process(self.process.pid).children()
            if child.status() != psutil.STATUS_ZOMBIE
        ]


@asynccontextmanager
async def studying(base_url: str, tmp_path: Path) -> AsyncIterator[Study]:
    home = tmp_path / "home"
    settings = home / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('titles = "question"\n')
    environ = {
        **os.environ,
        "STUDYBUDDY_HOME": str(home),
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": "none",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "studybuddy", "web", "--port", "0", "--no-open",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), WAIT)
        found = re.search(r"http://\S+", line.decode())
        assert found is not None, line
        async with browser(tmp_path / "profile") as chrome:
            yield Study(home, found[0], process, chrome)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def gone(processes: list[psutil.Process]) -> bool:
    """Whether they end, sooner or later."""
    _, left = await asyncio.to_thread(psutil.wait_procs, processes, WAIT)
    return not left


async def ask(page: Page, question: str) -> None:
    await page.type(question)
    await page.shows(question)  # the answer's first frame must not meet half a question
    await page.press("Enter")


async def test_a_question_is_typed_and_answered_in_the_page(tmp_path: Path) -> None:
    async with (
        ScriptedServer(answer("ATP carries **energy**.")) as server,
        studying(server.base_url, tmp_path) as study,
    ):
        page = await study.open()
        await ask(page, "What is ATP?")
        await page.shows("ATP carries energy.")

        for key, modifiers, dialog in (
            ("F1", 0, "Show all keys and commands."),
            ("f", CTRL, "Find in all conversations"),
            ("r", ALT, "analogy"),
        ):
            await page.press(key, modifiers)
            await page.shows(dialog)
            await page.press("Escape")
            await page.shows(dialog, yet=False)

        await page.type("one")
        await page.press("Enter", SHIFT)
        await page.type("two")
        await page.shows("│ two")
        assert "│ one" in await page.shown()

        await page.evaluate("document.activeElement.blur()")
        await page.click(500, 60)
        await page.evaluate("window.dispatchEvent(new Event('focus'))")
        assert await page.evaluate("document.activeElement.closest('.xterm') !== null")

        for width, height in ((640, 420), (1400, 900)):
            await page.resize(width, height)
            await page.until(f"Math.abs({width} / studybuddy.cols - 9.5) < 1.5")
            await page.until(AT_THE_FOOT)  # the app has drawn the new size
            await page.shows("ATP carries energy.")
            await page.picture(tmp_path / f"{width}.png")

        fetched = await page.evaluate(
            "performance.getEntriesByType('resource').map((entry) => entry.name)"
        )
        assert {urlsplit(address).netloc for address in fetched} == {urlsplit(study.base).netloc}
        assert not [told for told in page.events if told["method"] == "Runtime.exceptionThrown"]


async def test_what_is_copied_is_in_the_browsers_clipboard(tmp_path: Path) -> None:
    async with (
        ScriptedServer(answer("Grüße, ⚡!"), answer("Another.")) as server,
        studying(server.base_url, tmp_path) as study,
    ):
        page = await study.open()
        may_read = {"permission": {"name": "clipboard-read"}, "setting": "granted"}
        await page.call("Browser.setPermission", **may_read, origin=study.base.rstrip("/"))
        await page.evaluate("window.clipboard = navigator.clipboard, null")
        await ask(page, "Hello?")
        await page.shows("Grüße, ⚡!")
        await page.press("F7")
        await page.shows("clipboard")
        await page.until("window.clipboard.readText()", "Grüße, ⚡!")

        # A browser that does not trust the page has no such interface.
        await page.evaluate(NO_CLIPBOARD)
        await ask(page, "And now?")
        await page.shows("Another.")
        await page.press("F7")
        await page.until("document.activeElement.textContent", "Copy")
        await page.press("Enter")
        await page.until("window.clipboard.readText()", "Another.")
        await page.type("again")  # the terminal has the keyboard back
        await page.shows("again")


async def test_a_link_opens_in_the_browser_and_nothing_else_does(tmp_path: Path) -> None:
    async with (
        ScriptedServer(
            lambda _: answer(f"See [here]({server.base_url}/read)."),
            others={"/v1/read": Reply("read")},
        ) as server,
        studying(server.base_url, tmp_path) as study,
    ):
        page = await study.open()
        await ask(page, "Where?")
        await page.shows("See here")
        x, y = await page.evaluate(
            """(() => {
              const cell = document.querySelector(".xterm-screen").getBoundingClientRect();
              const lines = studybuddy.buffer.active;
              for (let row = 0; row < studybuddy.rows; row++) {
                const at = lines.getLine(row).translateToString(true).indexOf("See here");
                if (at >= 0) return [
                  Math.round((at + 5.5) * cell.width / studybuddy.cols),
                  Math.round((row + 0.5) * cell.height / studybuddy.rows)];
              }
            })()"""
        )
        await page.click(x, y)
        assert await becomes_true(lambda: study.browser.shows(f"{server.base_url}/read"))
        for address in ("javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"):
            assert await page.evaluate(f"window.open({address!r})") is None


async def test_nothing_that_was_seen_is_lost_by_a_reload_and_no_app_is_left(tmp_path: Path) -> None:
    begun = Stream([*text_steps("Slowly it comes. "), Hang()])
    async with ScriptedServer(begun) as server, studying(server.base_url, tmp_path) as study:
        page = await study.open()
        await ask(page, "Go on?")
        await page.shows("Slowly it comes.")
        first = study.apps()
        await page.evaluate("window.old = true")
        await page.call("Page.reload")
        await page.until("window.old === undefined")
        await page.shows("Slowly it comes.")
        assert await gone(first)

        second = await study.open(study.base)
        assert len(study.apps()) == 2
        await second.shows("Slowly it comes.")
        await second.call("Page.close")

        async def one_is_left() -> bool:
            return len(study.apps()) == 1

        assert await becomes_true(one_is_left)

        left = study.apps()
        study.process.send_signal(signal.SIGINT)
        assert await study.process.wait() == 0
        assert await gone(left)
        await page.until(CLOSED)
        assert "has been ended" in await page.evaluate("document.getElementById('why').textContent")
        assert study.process.stderr is not None
        assert await study.process.stderr.read() == b""


async def test_an_app_that_dies_or_outlives_its_server_is_told_or_ends(tmp_path: Path) -> None:
    async with (
        ScriptedServer(answer("Yes.")) as server,
        studying(server.base_url, tmp_path) as study,
    ):
        page = await study.open()
        study.apps()[0].kill()
        await page.until(CLOSED)
        told = await page.evaluate("document.getElementById('why').textContent")
        assert "ended unexpectedly" in told
        await page.press("Enter")  # the button has the focus
        await page.until(CLOSED, False)
        await page.shows(PROMPT)

        left = study.apps()
        assert left
        study.process.kill()
        await study.process.wait()
        assert await gone(left)
