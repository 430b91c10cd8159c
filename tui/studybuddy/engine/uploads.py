"""Multipart uploads: streamed to a file, never whole in memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from studybuddy.engine.errors import SERVER_ERROR, ApiError, ClientGone, invalid
from studybuddy.engine.fields import missing

FILE_LIMIT = 512 * 1024 * 1024
"""Bytes of one file."""

_FIELDS_LIMIT = 1024 * 1024  # bytes of all that is around the file
_MOST_PARTS = 20
_DRAIN_LIMIT = 4 * FILE_LIMIT  # bytes that are read of a request that is too large
_SLACK = 64 * 1024  # bytes that the parser may hold back
_BUFFER = 1024 * 1024  # bytes between two writes
_LONGEST_NAME = 255  # characters
_ESCAPES = (("%22", '"'), ("%0D", ""), ("%0A", ""))  # as browsers and HTTP clients write them


@dataclass(frozen=True, slots=True)
class Upload:
    """What came in."""

    filename: str
    """As the client named it, without folders."""
    size: int
    """Bytes."""
    fields: dict[str, str]
    """The form's other fields."""


async def receive(request: Request, path: Path, limit: int = FILE_LIMIT) -> Upload:
    """Write the form's `file` to a new file at `path`; where that fails, a part of it may be there.

    Raises:
        ApiError: 400 where the request is no such form, or was cut off; 413 where the file has
            more than `limit` bytes; 500 where the disk is full.
        ClientGone: where the client left before all of it came.
    """
    form = _Form(_boundary(request))
    try:
        with await asyncio.to_thread(_new, path) as file:
            await _pour(request, form, file, limit)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ApiError(500, f"The file can't be kept: {reason}.", SERVER_ERROR) from error
    if not form.ended:
        raise invalid("The upload was cut off before its end.", "file")
    if form.filename is None:
        raise missing("file")
    return Upload(form.filename, form.size, form.fields())


async def _pour(request: Request, form: _Form, file: BinaryIO, limit: int) -> None:
    """Write what belongs to the file as it comes."""
    received = 0
    buffer: list[bytes] = []
    too_much = _announced(request) > limit + _FIELDS_LIMIT
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if too_much:
                # Read on and forget: a client that is still sending would not see the answer.
                if received > _DRAIN_LIMIT:
                    break
                continue
            buffer += form.take(chunk)
            too_much = form.size > limit
            if received - form.size > _FIELDS_LIMIT + _SLACK:
                raise _fields_too_large()
            if sum(map(len, buffer)) >= _BUFFER:
                await asyncio.to_thread(file.writelines, buffer)
                buffer = []
    except ClientDisconnect as error:
        raise ClientGone from error
    if too_much:
        raise ApiError(
            413,
            f"The file is too large: at most {limit // (1024 * 1024)} MB are taken.",
            code="file_too_large",
            param="file",
        )
    await asyncio.to_thread(file.writelines, buffer)


def _announced(request: Request) -> int:
    """How many bytes the client said that it will send; 0 where it did not say."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise invalid("A file is uploaded as a form: send it as multipart/form-data.", None)
    return options[b"boundary"]


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", 0)


@dataclass(slots=True)
class _Part:
    """One field of the form, or the file."""

    disposition: bytearray = field(default_factory=bytearray)
    name: str = ""
    is_file: bool = False
    value: bytearray = field(default_factory=bytearray)


class _Form:
    """A form that comes in piece by piece; of the file it keeps the name and the size."""

    def __init__(self, boundary: bytes) -> None:
        self.filename: str | None = None
        self.size = 0
        self.ended = False
        self._parts: list[_Part] = []
        self._around = 0  # bytes of the fields
        self._header = bytearray()
        self._content: list[bytes] = []
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part,
                    "on_part_data": self._on_data,
                    "on_header_field": lambda data, start, end: self._header.extend(
                        data[start:end]
                    ),
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._header.clear,
                    "on_headers_finished": self._on_headers,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise invalid(f"The form can't be read: {error}.", None) from error

    def take(self, chunk: bytes) -> list[bytes]:
        """What a piece of the body has of the file's content."""
        self._content = []
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise invalid(f"The form can't be read: {error}.", None) from error
        return self._content

    def fields(self) -> dict[str, str]:
        """The fields beside the file."""
        return {
            part.name: part.value.decode("utf-8", "replace")
            for part in self._parts
            if not part.is_file
        }

    def _on_part(self) -> None:
        if len(self._parts) == _MOST_PARTS:
            raise invalid(f"A form has at most {_MOST_PARTS} fields.", None)
        self._parts.append(_Part())

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        part = self._parts[-1]
        if part.is_file:
            self.size += end - start
            self._content.append(data[start:end])
            return
        self._around += end - start
        if self._around > _FIELDS_LIMIT:
            raise _fields_too_large()
        part.value += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._parts[-1].disposition += data[start:end]

    def _on_headers(self) -> None:
        part = self._parts[-1]
        _, options = parse_options_header(bytes(part.disposition))
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        part.is_file = part.name == "file" and b"filename" in options
        if not part.is_file:
            return
        if self.filename is not None:
            raise invalid("One file is uploaded at a time.", "file")
        self.filename = _base_name(options[b"filename"].decode("utf-8", "replace"))

    def _on_end(self) -> None:
        self.ended = True


def _fields_too_large() -> ApiError:
    return ApiError(413, "The form's fields are too large.", code="request_too_large")


def _base_name(given: str) -> str:
    for escape, character in _ESCAPES:
        given = given.replace(escape, character)
    name = "".join(_printable(given.replace("\\", "/").rpartition("/")[2])).strip()
    return "file" if name in ("", ".", "..") else name[-_LONGEST_NAME:]


def _printable(text: str) -> Iterator[str]:
    return (character for character in text if character.isprintable())
