"""`/v1/files`: uploads that stream to the disk, and downloads."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx2
import openai
import pytest

from studybuddy.engine import uploads
from studybuddy.engine.uploads import FILE_LIMIT
from tests.engine.built_in import until
from tests.engine.engines import TOKEN, Engine, keeping_engine, listening_engine, settled

BOUNDARY = "the-boundary"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
NOWHERE = "http://127.0.0.1:9/v1"


def form(content: bytes, filename: str = 'filename="a.txt"', purpose: str = "assistants") -> bytes:
    """A form as it goes over the wire."""
    return b"".join(
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n'.encode(),
            f"{purpose}\r\n--{BOUNDARY}\r\n".encode(),
            f'Content-Disposition: form-data; name="file"; {filename}\r\n\r\n'.encode(),
            content,
            f"\r\n--{BOUNDARY}--\r\n".encode(),
        )
    )


async def sent(served: Engine, body: bytes, headers: dict[str, str] = MULTIPART) -> httpx2.Response:
    """The answer to a body for `POST /v1/files`."""
    return await served.client.post("/v1/files", content=body, headers=headers)


def on_disk(served: Engine) -> list[Path]:
    """What lies in the folder of the files."""
    return sorted(served.context.files.folder.iterdir())


async def test_a_file_comes_back_as_it_went_in() -> None:
    content = bytes(range(256)) * 5000  # with everything that may look like a boundary's begin
    async with keeping_engine() as served:
        files = served.sdk.files
        made = await files.create(file=("nötes “1”.bin", content), purpose="assistants")
        assert (made.bytes, made.filename) == (len(content), "nötes “1”.bin")
        assert made.status == "processed"
        assert await files.retrieve(made.id) == made
        assert (await files.content(made.id)).content == content


async def test_an_empty_file_is_a_file() -> None:
    async with keeping_engine() as served:
        made = await served.sdk.files.create(file=("empty.txt", b""), purpose="user_data")
        assert made.bytes == 0
        assert (await served.sdk.files.content(made.id)).content == b""


async def test_a_download_is_not_for_a_browser_to_show() -> None:
    async with keeping_engine() as served:
        made = await served.sdk.files.create(file=("a.html", b"<script>"), purpose="assistants")
        response = await served.client.get(f"/v1/files/{made.id}/content")
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-disposition"].startswith("attachment")


async def test_files_are_listed_all_or_by_purpose() -> None:
    async with keeping_engine() as served:
        files = served.sdk.files
        made = [
            (await files.create(file=(f"{n}.txt", b"x"), purpose=purpose)).id  # type: ignore[arg-type]
            for n, purpose in enumerate(["assistants", "vision", "assistants"])
        ]
        assert [f.id async for f in files.list()] == made[::-1]
        assert [f.id async for f in files.list(order="asc", limit=2)] == made
        assert [f.id async for f in files.list(purpose="assistants")] == [made[2], made[0]]


async def test_a_deleted_file_is_gone_from_the_disk_too() -> None:
    async with keeping_engine() as served:
        files = served.sdk.files
        made = await files.create(file=("a.txt", b"x"), purpose="assistants")
        told = await files.delete(made.id)
        assert told.to_dict() == {"id": made.id, "object": "file", "deleted": True}
        assert on_disk(served) == []
        for again in (files.retrieve, files.delete, files.content):
            with pytest.raises(openai.NotFoundError, match=f"No file found with id '{made.id}'"):
                await again(made.id)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        (r'filename="C:\\notes\\a.txt"', "a.txt"),
        ('filename="a %22b%22.txt"', 'a "b".txt'),
        ('filename="/"', "file"),
        ('filename=".."', "file"),
        ('filename="a/."', "file"),
        ('filename="a\x1b[31m.txt"', "a[31m.txt"),
        (f'filename="{"n" * 300}.txt"', "n" * 251 + ".txt"),
    ],
)
async def test_a_file_keeps_only_the_last_part_of_its_name(given: str, kept: str) -> None:
    async with keeping_engine() as served:
        response = await sent(served, form(b"x", given))
        assert response.json()["filename"] == kept


@pytest.mark.parametrize(
    ("body", "headers", "param", "message"),
    [
        (b"{}", {"Content-Type": "application/json"}, None, "send it as multipart/form-data"),
        (b"", {"Content-Type": "multipart/form-data"}, None, "send it as multipart/form-data"),
        (b"no form", MULTIPART, None, "The form can't be read"),
        (form(b"x", purpose="world domination"), MULTIPART, "purpose", "Supported values are"),
        (form(b"x", purpose=""), MULTIPART, "purpose", "Missing required parameter: 'purpose'."),
        (form(b"x", "size=1"), MULTIPART, "file", "Missing required parameter: 'file'."),
        (form(b"x" * 100)[:-20], MULTIPART, "file", "cut off"),
        (
            form(b"x").removesuffix(b"--\r\n") + form(b"y").removeprefix(b"--the-boundary"),
            MULTIPART,
            "file",
            "One file is uploaded at a time.",
        ),
    ],
)
async def test_what_is_no_upload_is_refused_and_leaves_nothing(
    body: bytes, headers: dict[str, str], param: str | None, message: str
) -> None:
    async with keeping_engine() as served:
        response = await sent(served, body, headers)
        assert response.status_code == 400, response.text
        error = response.json()["error"]
        assert (error["param"], error["type"]) == (param, "invalid_request_error")
        assert message in error["message"]
        assert on_disk(served) == []
        assert (await served.client.get("/v1/files")).json()["data"] == []


async def test_a_file_over_the_limit_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads.receive, "__defaults__", (5 * 1024 * 1024,))
    async with listening_engine(NOWHERE) as served:
        with pytest.raises(openai.APIStatusError) as error:
            await served.sdk.files.create(
                file=("big.bin", b"x" * (6 * 1024 * 1024)), purpose="assistants"
            )
        assert error.value.status_code == 413
        assert "The file is too large: at most 5 MB are taken." in str(error.value)
        assert on_disk(served) == []
        exactly = await served.sdk.files.create(
            file=("fits.bin", b"x" * (5 * 1024 * 1024)), purpose="assistants"
        )
        assert exactly.bytes == 5 * 1024 * 1024


async def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(uploads, "_pour", full)
    async with keeping_engine() as served:
        response = await sent(served, form(b"x"))
        assert response.status_code == 500
        message = response.json()["error"]["message"]
        assert message == "The file can't be kept: No space left on device."
        assert on_disk(served) == []


def test_half_a_gigabyte_is_the_limit() -> None:
    assert FILE_LIMIT == 512 * 1024 * 1024


async def test_a_form_of_endless_fields_is_refused() -> None:
    async with keeping_engine() as served:
        response = await sent(served, form(b"x", purpose="p" * (2 * 1024 * 1024)))
        assert response.status_code == 413
        assert on_disk(served) == []


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        (b"", f"--{BOUNDARY}\r\n\r\n\r\n".encode(), 400),
        (b"", f"--{BOUNDARY}\r\nX-Header: {'x' * 100_000}\r\n\r\n\r\n".encode(), 400),
        (form(b"x"), b"x" * 100_000, 413),
    ],
    ids=["empty parts", "headers", "after the form"],
)
async def test_what_comes_endlessly_around_the_file_is_refused(
    first: bytes, then: bytes, status: int
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield first
        for _ in range(5000):
            yield then

    async with listening_engine(NOWHERE) as served:
        response = await served.client.post("/v1/files", content=pieces(), headers=MULTIPART)
        assert response.status_code == status
        assert on_disk(served) == []


async def test_an_upload_that_is_cut_off_leaves_nothing() -> None:
    async with listening_engine(NOWHERE) as served:
        await served.client.get("/health")
        address = urlsplit(served.base_url)
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        body = form(b"x" * 4_000_000)
        head = (
            f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Type: {MULTIPART['Content-Type']}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body[:3_000_000])
        await writer.drain()
        await until(lambda: len(on_disk(served)) == 1)
        writer.close()
        await writer.wait_closed()
        await until(lambda: not on_disk(served))
        assert (await served.client.get("/v1/files")).json()["data"] == []


async def test_a_file_of_200_mb_goes_to_the_disk_as_it_comes() -> None:
    piece = b"0123456789abcdef" * 65536
    count = 200
    written: list[int] = []

    async with listening_engine(NOWHERE) as served:

        async def pieces() -> AsyncIterator[bytes]:
            head, tail = form(b"|").split(b"|")
            yield head
            for _ in range(count):
                yield piece
            written.append(on_disk(served)[0].stat().st_size)
            yield tail

        response = await served.client.post("/v1/files", content=pieces(), headers=MULTIPART)
        assert response.json()["bytes"] == count * len(piece)
        assert written[0] > count * len(piece) / 2  # while it was still being sent
        assert on_disk(served)[0].stat().st_size == count * len(piece)


async def test_a_content_that_was_taken_from_the_disk_is_told() -> None:
    async with keeping_engine() as served:
        made = await served.sdk.files.create(file=("a.txt", b"x"), purpose="assistants")
        on_disk(served)[0].unlink()
        with pytest.raises(openai.NotFoundError, match="is gone from the disk"):
            await served.sdk.files.content(made.id)


async def test_a_file_is_kept_for_the_time_that_was_asked_for() -> None:
    async with keeping_engine() as served:
        made = await served.sdk.files.create(
            file=("a.txt", b"a"),
            purpose="assistants",
            expires_after={"anchor": "created_at", "seconds": 3600},
        )
        assert made.expires_at == made.created_at + 3600
        assert await served.sdk.files.retrieve(made.id) == made


@pytest.mark.parametrize(("purpose", "days"), [("batch", 30), ("user_data", None)])
async def test_only_files_for_batches_expire_unasked(
    purpose: Literal["batch", "user_data"], days: int | None
) -> None:
    async with keeping_engine() as served:
        made = await served.sdk.files.create(file=("a.txt", b"a"), purpose=purpose)
        lasts = None if made.expires_at is None else made.expires_at - made.created_at
        assert lasts == (None if days is None else days * 24 * 3600)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"expires_after[anchor]": "created_at"}, "expires_after[seconds]"),
        ({"expires_after[seconds]": "3600"}, "expires_after[anchor]"),
        (
            {"expires_after[anchor]": "last_active_at", "expires_after[seconds]": "3600"},
            "expires_after[anchor]",
        ),
        (
            {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3599"},
            "expires_after[seconds]",
        ),
        (
            {"expires_after[anchor]": "created_at", "expires_after[seconds]": "2592001"},
            "expires_after[seconds]",
        ),
        (
            {"expires_after[anchor]": "created_at", "expires_after[seconds]": "soon"},
            "expires_after[seconds]",
        ),
        ({"expires_after": "3600"}, "expires_after"),
    ],
)
async def test_a_time_that_the_api_does_not_have_is_refused_and_leaves_nothing(
    fields: dict[str, str], param: str
) -> None:
    async with keeping_engine() as served:
        response = await served.client.post(
            "/v1/files", data={"purpose": "assistants", **fields}, files={"file": ("a.txt", b"a")}
        )
        assert response.status_code == 400
        assert response.json()["error"]["param"] == param
        assert on_disk(served) == []


async def test_a_file_whose_time_is_over_is_gone_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with keeping_engine() as served:
        sdk = served.sdk
        kept = await sdk.files.create(file=("b.txt", b"Plants."), purpose="assistants")
        made = await sdk.files.create(
            file=("a.txt", b"Cells are small."),
            purpose="assistants",
            expires_after={"anchor": "created_at", "seconds": 3600},
        )
        store = await sdk.vector_stores.create(file_ids=[made.id, kept.id])
        await settled(served, store.id)
        later = made.created_at + 3600
        monkeypatch.setattr("studybuddy.engine.expiry.now", lambda: later - 1)
        assert await sdk.files.retrieve(made.id) == made
        monkeypatch.setattr("studybuddy.engine.expiry.now", lambda: later)
        with pytest.raises(openai.NotFoundError):
            await sdk.files.content(made.id)
        assert [file.id for file in (await sdk.files.list()).data] == [kept.id]
        members = await sdk.vector_stores.files.list(store.id)
        assert [member.id for member in members.data] == [kept.id]
        assert (await sdk.vector_stores.search(store.id, query="small cells")).data == []
        assert [path.name for path in on_disk(served)] == [kept.id]


async def test_what_expired_while_nothing_ran_is_removed_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with keeping_engine(tmp_path) as served:
        made = await served.sdk.files.create(file=("a.txt", b"a"), purpose="batch")
    monkeypatch.setattr("studybuddy.engine.expiry.now", lambda: made.expires_at)
    async with keeping_engine(tmp_path) as served:
        await until(lambda: on_disk(served) == [])
