"""Paths as people type them and as terminals paste files that are dropped on them."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit


def read_paths(text: str) -> list[Path]:
    """The files and folders that a text names, in their order; touches the disk.

    Quotes, backslashes before spaces, `file://` addresses and `~` are understood, and several
    paths on one line or more.
    """
    paths: list[Path] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        whole = _path(line)
        if is_there(whole):
            paths.append(whole)
            continue
        try:
            words = shlex.split(line, posix=os.name != "nt")
        except ValueError:  # a quote that is not closed
            words = [line.strip("'\"")]
        parts = [_path(word) for word in words]
        # A path with spaces that nobody quoted looks like several.
        paths.extend(parts if any(is_there(part) for part in parts) else [_path(" ".join(words))])
    return paths


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; a name that none can have names none."""
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than any; a zero byte
        return False


def path_of(text: str) -> Path:
    """The one path that a text names, whether there is such a file or not."""
    text = text.strip()
    if text[:1] in ("'", '"'):
        text = text.strip(text[0])
    elif os.name != "nt":
        text = text.replace("\\ ", " ")
    return _path(text)


def _path(word: str) -> Path:
    word = word.strip("'\"") if len(word) > 1 and word[0] == word[-1] else word
    if word.lower().startswith("file://"):
        word = _drive_url(word) if os.name == "nt" else _file_url(word)
    return Path(os.path.expanduser(word))


def _drive_url(word: str) -> str:
    from urllib.request import url2pathname  # 8 ms: this module is loaded before the first frame

    return url2pathname(unquote(urlsplit(word).path))


def _file_url(word: str) -> str:
    return unquote(urlsplit(word.replace("?", "%3F").replace("#", "%23")).path)


def complete(text: str) -> tuple[str, list[str]]:
    """The text with its path completed as far as it is clear, and the names that it could be.

    Touches the disk; a folder that can't be read has no names.
    """
    quote = text[0] if text[:1] in ("'", '"') else ""
    typed = text[len(quote) :]
    if not quote and os.name != "nt":
        typed = typed.replace("\\ ", " ")
    if typed == "~":
        return f"{quote}~/", []
    shown_folder, _, beginning = typed.rpartition("/")
    folder = shown_folder + "/" if "/" in typed else ""
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if _matches(entry.name, beginning)
            )
    except OSError:
        return text, []
    if not names:
        return text, []
    completed = quote + folder + _beginning_of_all(names)
    return completed, names if len(names) > 1 else []


def _beginning_of_all(names: list[str]) -> str:
    first, last = names[0], names[-1]  # they are sorted
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return first if same is None else first[:same]


def _matches(name: str, beginning: str) -> bool:
    if name.startswith(".") and not beginning.startswith("."):
        return False
    return name.startswith(beginning)


def working_folder() -> Path:
    """The folder that the program was started in, or the home folder where that is gone."""
    try:
        return Path.cwd()
    except OSError:
        return Path.home()
