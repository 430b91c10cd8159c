"""A headless Chromium, driven by its DevTools protocol: a page, its keyboard, its terminal."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

WAIT = 40.0
"""Seconds until a test gives up; nothing is measured by it."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ALT, CTRL, SHIFT = 1, 2, 8

_CODES = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "Home": 36, "End": 35} | {
    f"F{number}": 111 + number for number in range(1, 13)
}
_SHOWN = """(() => {
  const buffer = window.studybuddy?.buffer.active;
  if (!buffer) return "";
  const lines = [];
  for (let row = 0; row < window.studybuddy.rows; row++)
    lines.push(buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "");
  return lines.join("\\n");
})()"""


def chromium() -> str | None:
    """Where it is; `None` where it is not."""
    return next(filter(None, map(shutil.which, NAMES)), None)


async def becomes_true(condition: Callable[[], Awaitable[bool]]) -> bool:
    """Whether a condition comes to hold, which is looked at again and again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WAIT):
            while not await condition():  # noqa: ASYNC110 - a browser can't set an event of ours
                await asyncio.sleep(0.05)
            return True
    return False


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take the socket of its DevTools."""
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        """What the browser told by itself."""

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(WAIT):
            while True:
                message = await self._socket.receive_json()
                if message.get("id") == number:
                    assert "error" not in message, message
                    result: dict[str, Any] = message["result"]
                    return result
                self.events.append(message)

    async def evaluate(self, script: str) -> Any:
        """The value of a script, promises awaited."""
        answer = await self.call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
            userGesture=False,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, script: str, wanted: Any = True) -> None:
        """Wait until a script gives the value."""
        value = None

        async def given() -> bool:
            nonlocal value
            value = await self.evaluate(script)
            return bool(value == wanted)

        assert await becomes_true(given), f"{script} gives {value!r}, not {wanted!r}"

    async def shown(self) -> str:
        """The terminal's text, a line a row."""
        return str(await self.evaluate(_SHOWN))

    async def shows(self, text: str, *, yet: bool = True) -> None:
        """Wait until the terminal shows a text, or no longer does."""
        shown = ""

        async def there() -> bool:
            nonlocal shown
            shown = await self.shown()
            return bool(shown) and (text in shown) is yet

        assert await becomes_true(there), f"{text!r} is {'not ' * yet}in:\n{shown}"

    async def type(self, text: str) -> None:
        """Type it, a key at a time."""
        for letter in text:
            await self.call("Input.dispatchKeyEvent", type="char", text=letter)

    async def press(self, key: str, modifiers: int = 0) -> None:
        """Press a key, such as Enter, F1 or the letter f, and release it."""
        letter = len(key) == 1
        about: dict[str, Any] = {
            "key": key,
            "code": f"Key{key.upper()}" if letter else key,
            "windowsVirtualKeyCode": ord(key.upper()) if letter else _CODES[key],
            "modifiers": modifiers,
        }
        text = {"text": "\r"} if key == "Enter" else {}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    async def click(self, x: int, y: int) -> None:
        """Click at a place in the page."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    async def resize(self, width: int, height: int) -> None:
        """Give the window another size, in pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def picture(self, file: Path) -> None:
        """Write a PNG of the page."""
        answer = await self.call("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(answer["data"]))  # noqa: ASYNC240


class Browser:
    """A browser that runs."""

    def __init__(self, client: aiohttp.ClientSession, port: int) -> None:
        """Take the port of its DevTools."""
        self._client = client
        self._base = f"http://127.0.0.1:{port}"

    async def open(self, address: str) -> Page:
        """Open an address in a new tab, which is in front from then on."""
        async with self._client.put(f"{self._base}/json/new?about:blank") as response:
            tab = await response.json(content_type=None)
        socket = await self._client.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0)
        page = Page(socket)
        for domain in ("Page", "Runtime", "Network"):
            await page.call(f"{domain}.enable")
        await page.call("Page.bringToFront")
        await page.call("Page.navigate", url=address)
        return page

    async def shows(self, address: str) -> bool:
        """Whether one tab, and not two, shows an address."""
        async with self._client.get(f"{self._base}/json/list") as response:
            tabs = await response.json(content_type=None)
        found = [tab for tab in tabs if tab["url"] == address]
        assert len(found) < 2, tabs
        return bool(found)


@asynccontextmanager
async def browser(profile: Path, size: tuple[int, int] = (1100, 700)) -> AsyncIterator[Browser]:
    """Run Chromium with a profile of its own, in a window of so many pixels."""
    path = chromium()
    assert path is not None
    process = await asyncio.create_subprocess_exec(
        path,
        "--headless=new",
        "--no-sandbox",  # containers do not let it make one; it sees this page alone
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        f"--window-size={size[0]},{size[1]}",
        "about:blank",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as client:
            yield Browser(client, await _port(profile / "DevToolsActivePort"))
    finally:
        process.terminate()
        await process.wait()


async def _port(file: Path) -> int:
    lines: list[str] = []

    async def written() -> bool:
        with contextlib.suppress(FileNotFoundError):
            lines[:] = (await asyncio.to_thread(file.read_text)).split("\n")
        return len(lines) > 1

    assert await becomes_true(written)
    return int(lines[0])
