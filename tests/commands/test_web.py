"""The app in a browser page: who is let in, and that it runs there."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import aiohttp.web
import pytest

from studybuddy.cli import main
from studybuddy.commands.web import is_loopback

START = 60
"""Seconds for the process to start."""


@asynccontextmanager
async def serving(home: Path, browser: str = "") -> AsyncIterator[str]:
    """A server in a process of its own; gives the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "studybuddy", "web", "--port", "0",
        *([] if browser else ["--no-open"]),
        stdout=subprocess.PIPE,
        env={**os.environ, "STUDYBUDDY_HOME": str(home), "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
             "BROWSER": browser},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START)
        found = re.search(r"http://\S+", line.decode())
        assert found is not None, line
        yield found[0]
    finally:
        process.terminate()
        await process.wait()


async def test_nobody_is_let_in_without_the_key_or_from_another_page(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as address,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client,
    ):
        base = address.split("/?")[0]
        for path in ("/", "/ws", "/static/js/textual.js", "/download/x", "/?key=wrong"):
            async with client.get(base + path) as response:
                assert response.status == 403, path
        async with client.get(address) as response:
            assert response.status == 200
            assert "key" not in str(response.url)
            assert "static/js/textual.js" in await response.text()
        headers = {"Origin": "https://evil.example"}
        async with client.get(f"{base}/ws", headers=headers) as response:
            assert response.status == 403


async def test_the_app_runs_in_the_page(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as address,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client,
    ):
        async with client.get(address) as response:
            assert response.status == 200
        base = address.split("/?")[0]
        async with client.ws_connect(f"{base}/ws?width=100&height=30") as socket:
            shown = b""
            async with asyncio.timeout(START):
                while b"Study Buddy" not in shown:
                    message = await socket.receive()
                    assert message.type is aiohttp.WSMsgType.BINARY
                    shown += message.data
            await socket.send_json(["stdin", "\x11"])  # Ctrl+Q


@pytest.mark.skipif(os.name != "posix", reason="the browser is a shell script")
async def test_the_browser_is_started_with_an_address_that_lets_in_once(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    os.mkfifo(seen)
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o700)
    async with (
        serving(tmp_path, str(browser)) as address,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as other,
    ):
        given = (await asyncio.wait_for(asyncio.to_thread(seen.read_text), START)).strip()
        assert address.split("key=")[1] not in given
        async with client.get(given) as response:
            assert response.status == 200
            assert "once" not in str(response.url)
        async with other.get(given) as response:
            assert response.status == 403
            assert "used" in await response.text()
        async with other.get(f"{address.split('?')[0]}?once=") as response:
            assert response.status == 403
        for mine in (address, address.split("?")[0]):
            async with client.get(mine) as response:
                assert response.status == 200


def test_an_address_for_once_is_of_no_use_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from studybuddy.web import server as web_server

    server = web_server.BrowserServer(["true"], "127.0.0.1", 1, print)
    once = server.address_for_once().split("once=")[1]
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + web_server.ONCE_FOR + 1)
    with pytest.raises(aiohttp.web.HTTPForbidden):
        server._use_up(once)


def test_only_this_computers_own_addresses_are_its_own() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.0.1", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.0.7", "::", "example.org")))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port", "70000"], "is no port"),
        (["--host", "203.0.113.7"], "can't be served at 203.0.113.7"),
    ],
)
def test_an_address_that_can_not_be_used_is_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["web", "--no-open", *arguments]) == 2
    assert told in capsys.readouterr().err
