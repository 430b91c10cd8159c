"""The files that conversations are read in from: what there is in them, one text after another.

All of it is run on a thread; no more than a text or two are in memory at a time.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from studybuddy.domain.messages import Conversation, Message
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage import archive_format, chatgpt

BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)
"""Of a text that is not what it should be."""

_MOST_BYTES = 500_000_000
"""Of one text, unpacked: it is held in memory as it is, and perhaps once more."""
_MOST_OF_ALL = 5_000_000_000
"""Of all texts of a zip."""
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)
"""Of one that is damaged, has a password, or is packed in a way that is not known here."""
_LIST = re.compile(rb"\s*\[")
_HALVES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}(?P<pair>\\u[dD][c-fC-F][0-9a-fA-F]{2})?"
    rb"|\\u[dD][c-fC-F][0-9a-fA-F]{2}|\xed[\xa0-\xbf][\x80-\xbf]"
)
"""Halves of characters in JSON, pairs of them, and what is no escape of one though it looks so."""


@dataclass(frozen=True, slots=True)
class Part:
    """The conversations of one text, not read yet."""

    conversations: Sequence[msgspec.Raw]
    decode: Callable[[msgspec.Raw], tuple[Conversation, list[Message]]]


def parts(path: Path) -> Iterator[Part | str]:
    """What a file has, part by part; a sentence in place of what can't be read.

    Raises:
        StudyBuddyError: where nothing of it can be read.
    """
    begun = False
    try:
        for name, data in _texts(path):
            try:
                part: Part | str = _part(data)
            except BROKEN as error:
                part = f"{name} can't be read: {error}."
            begun = True
            yield part
    except (OSError, ValueError, *_BAD_ZIP) as error:
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        if not begun:
            raise unreadable(path, reason) from error
        yield f"The rest can't be read: {reason}."


def unreadable(path: Path, why: str) -> StudyBuddyError:
    """The refusal of a file."""
    sentence = f"“{path.name}” can't be read in: {why.rstrip('.')}."
    advice = "Give a file that Study Buddy has exported, or ChatGPT's export, zipped or not."
    return StudyBuddyError(Problem(ProblemKind.STORAGE, sentence, advice))


def _texts(path: Path) -> Iterator[tuple[str, bytes]]:
    if not zipfile.is_zipfile(path):
        _check(path.stat().st_size, _MOST_BYTES)
        yield path.name, path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        inside = [
            info
            for info in archive.infolist()
            if Path(info.filename).name.startswith("conversations")
            and info.filename.endswith(".json")
        ]
        if not inside:
            raise ValueError("there is no conversations.json in it")
        _check(max(info.file_size for info in inside), _MOST_BYTES)
        _check(sum(info.file_size for info in inside), _MOST_OF_ALL)
        for info in sorted(inside, key=lambda info: info.filename):
            yield info.filename, archive.read(info)


def _check(size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"it has more than {most // 1_000_000:,} MB")


def _part(data: bytes) -> Part:
    """The conversations of one JSON text."""
    data = data.removeprefix(b"\xef\xbb\xbf")  # a mark that some editors put before UTF-8
    try:
        return _found(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Half of an emoji is no Unicode, and does occur in texts that were cut.
        return _found(_HALVES.sub(_whole, data))


def _whole(found: re.Match[bytes]) -> bytes:
    if found["pair"] or found[0] == rb"\\":
        return found[0]
    return rb"\ufffd"


def _found(data: bytes) -> Part:
    if _LIST.match(data):
        return Part(msgspec.json.decode(data, type=list[msgspec.Raw]), chatgpt.decode)
    keys = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    if "mapping" in keys:
        return Part([msgspec.Raw(data)], chatgpt.decode)
    if msgspec.json.decode(keys.get("format", msgspec.Raw(b"null"))) != archive_format.FORMAT:
        raise ValueError("it is neither an export of Study Buddy nor of ChatGPT")
    export = msgspec.json.decode(data, type=archive_format.Export)
    if export.version > archive_format.VERSION:
        raise ValueError("it was written by a later version of Study Buddy")
    return Part(export.conversations, archive_format.decode)
