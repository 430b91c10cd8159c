"""The token view: files that are opened in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.dialog_host import DialogHost
from tests.ui.token_host import ready, view


async def test_a_file_is_opened_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "essay one.txt"
    path.write_text("\ufeffTo be or not to be, oie n", encoding="utf-8")
    async with DialogHost(view("draft")).open() as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor(str(path))  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "essay one.txt (2 of 2)" in host.shown())
        await host.until(lambda: "To·be·or·not·to·be,·oie·n" in host.shown())
        await host.press("escape")
        assert host.result is None


async def test_letters_typed_in_a_path_are_no_keys_and_tab_completes_it(tmp_path: Path) -> None:
    (tmp_path / "opinion.txt").write_text("Yes.")
    async with DialogHost(view("draft")).open((200, 24)) as host:
        await ready(host)
        await host.press("o")
        line = host.screen.query_one("PathInput")
        line.insert_text_at_cursor(f"{tmp_path}/")  # type: ignore[attr-defined]
        await host.press(*"opin", "tab")
        await host.until(lambda: "opinion.txt" in host.shown())
        await host.press("enter")
        await host.until(lambda: "Yes." in host.shown())


@pytest.mark.parametrize(
    ("data", "told"),
    [(None, "There is no file"), (b"\xff\xfe\x00", "is no text"), (b"a\0b", "is no text")],
)
async def test_what_is_no_text_is_told(data: bytes | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    if data is not None:
        path.write_bytes(data)
    async with DialogHost(view("draft")).open((200, 24)) as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor(str(path))  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: told in host.shown())
        await host.press("escape")
        assert told not in host.shown()
        assert host.result is not None


async def test_a_text_in_utf_16_is_read_and_a_missing_file_is_named_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wide.txt").write_bytes("Grüße".encode("utf-16"))
    async with DialogHost(view("draft")).open((140, 24)) as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor("./gone.txt")  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "There is no file ./gone.txt." in host.shown())
        host.screen.query_one("PathInput").value = "./wide.txt"  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "Grüße" in host.shown())


async def test_a_file_that_is_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("a" * 2_000_001)
    async with DialogHost(view("draft")).open((140, 24)) as host:
        await ready(host)
        await host.press("o")
        host.screen.query_one("PathInput").insert_text_at_cursor(str(path))  # type: ignore[attr-defined]
        await host.press("enter")
        await host.until(lambda: "has more than 2 MB" in host.shown())
