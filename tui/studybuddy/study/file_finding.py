"""The files that may be put into a prompt: those of a folder and below it, or of a typed path."""

from __future__ import annotations

import heapq
import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from studybuddy.study.fuzzy import Match, match

MOST_FILES = 20_000
MOST_SECONDS = 2.0
SHOWN = 50
"""Files that are offered at once."""
_AT_ONCE = 150
"""Names that are looked at before the keys get their turn, which wait for the interpreter."""
_A_REST = 0.0002
"""Seconds; after a sleep of none at all, this thread would take the interpreter right back."""
_SKIPPED = frozenset(
    {
        "node_modules", "__pycache__", "venv", "env", "site-packages", "bower_components",
        "dist-packages", "target",
    }
)  # fmt: skip
_ENDINGS = (
    "7z a apk avi bin bmp bz2 class db dll dmg doc dylib eot exe flac gguf gif gz heic ico iso jar "
    "jpeg jpg lock m4a mkv mov mp3 mp4 mpeg npy npz o odt ogg otf parquet pkl png ppt psd pyc pyd "
    "rar so sqlite tar tif tiff ttf wav webm webp whl woff woff2 xls xlsx xz zip zst"
)
_NO_TEXT = frozenset(_ENDINGS.split())


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder that can be chosen."""

    name: str
    """The path as it is put into the prompt; folders end with a slash."""
    path: Path
    size: int = 0
    """Bytes."""
    places: tuple[int, ...] = ()
    """Which characters of the name were typed."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/")


@dataclass(slots=True)
class Tree:
    """The files below a folder, as far as they are found by now."""

    folder: Path
    names: list[str] = field(default_factory=list)
    """Relative to the folder, with slashes; nearer ones first, folders with a slash at the end."""
    whole: bool = False
    """Whether the search is over."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Have a search that goes on in a thread end."""
        self._stop.set()

    def search(self) -> None:
        """Find the files, for seconds at most; for a thread, since it touches the disk.

        Left out: what is hidden, what has the ending of no text, and folders of tools. Links to
        folders are not followed, for they may lead back.
        """
        until = time.monotonic() + MOST_SECONDS
        folders, rested = [""], 0
        try:
            for folder in folders:  # it grows, so that nearer ones come first
                for name in _inside(self.folder / folder):
                    self.names.append(folder + name)
                    if name.endswith("/"):
                        folders.append(folder + name)
                over = len(self.names) >= MOST_FILES or time.monotonic() > until
                if over or self._stop.is_set():
                    return
                if len(self.names) - rested > _AT_ONCE:
                    rested = len(self.names)
                    time.sleep(_A_REST)
        finally:
            self.whole = True


def _inside(folder: Path) -> list[str]:
    """What a folder has that may be text, by name, files before folders; nothing if unreadable."""
    files, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(".") or not _writable(name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if name not in _SKIPPED:
                        folders.append(f"{name}/")
                elif entry.is_file() and _may_be_text(name):
                    files.append(name)
    except OSError:
        pass
    return sorted(files) + sorted(folders)


def _may_be_text(name: str) -> bool:
    return name.rpartition(".")[2].lower() not in _NO_TEXT or "." not in name


def _writable(name: str) -> bool:
    """Whether a name can be written in a prompt, between quotes if need be."""
    return name.isprintable() and '"' not in name


def find(query: str, tree: Tree) -> Sequence[Found]:
    """The best files for what is typed, the best first; for a thread.

    A path that leads out of the folder, such as `~/notes/x` or `../y`, is followed as it is typed.
    """
    folder, slash, leaf = query.rpartition("/")
    if query[:1] in ("~", "/", ".") or os.path.isabs(query):
        if query in ("~", "..", "."):
            folder, slash, leaf = query, "/", ""
        names: Iterable[str] = _listed(folder + slash, tree.folder, leaf)
    else:
        names = list(tree.names)
        if slash:  # it may be a folder that is left out of the search
            names = dict.fromkeys([*_listed(folder + slash, tree.folder, leaf), *names])
    best = _best(query, names)
    found = (_found(name, places, tree.folder) for name, places in best)
    return [file for file in found if file is not None]


def _best(query: str, names: Iterable[str]) -> list[tuple[str, tuple[int, ...]]]:
    matched: list[tuple[int, int, str, Match]] = []
    for number, name in enumerate(names):
        if number % _AT_ONCE == _AT_ONCE - 1:
            time.sleep(_A_REST)
        if (how := match(query, name)) is not None:
            matched.append((-how.score, number, name, how))
            if not query and len(matched) == SHOWN:
                break
    return [(name, how.places) for *_, name, how in heapq.nsmallest(SHOWN, matched)]


def _listed(typed: str, base: Path, leaf: str) -> list[str]:
    """The names in a folder that is typed, each with the folder as it is typed before it."""
    folder = base / os.path.expanduser(typed)
    hidden = leaf.startswith(".")
    names = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(".") != hidden or not _writable(name):
                    continue
                if entry.is_dir():
                    names.append(f"{typed}{name}/")
                elif entry.is_file() and _may_be_text(name):
                    names.append(f"{typed}{name}")
    except (OSError, ValueError):
        return []
    return sorted(names)


def _found(name: str, places: tuple[int, ...], base: Path) -> Found | None:
    path = base / os.path.expanduser(name)
    try:
        return Found(name, path, path.stat().st_size, places)
    except (OSError, ValueError):  # gone since
        return None
