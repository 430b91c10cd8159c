"""Which files of a folder are taken as notes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TEXTS = "md markdown txt rst html htm pdf docx pptx tex csv json xml yaml yml toml"
_CODE = (
    "py ipynb js ts jsx tsx java kt c h cpp hpp cc cs go rs rb php sql sh r m jl hs ml scala swift"
    " lua pl css"
)
READABLE = frozenset(f".{ending}" for ending in f"{_TEXTS} {_CODE}".split())
"""Endings, in lower case, of files that can be searched."""
LARGEST = 50 * 1024 * 1024
"""Bytes; a larger file is passed over."""
MOST = 1000
"""Files taken from one folder."""
_NOT_NOTES = frozenset({"node_modules", "__pycache__", "venv", "target", "build", "dist"})


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that is not taken, and why in a few words."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class FolderNotes:
    """What a folder holds, in the order of the paths."""

    files: tuple[Path, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    """Readable by their kind, yet not taken; files of other kinds are not counted."""


def folder_notes(folder: Path) -> FolderNotes:
    """Walk a folder for the files that can be searched; blocking.

    Hidden files and folders, links, and folders of dependencies and build results are left out.

    Raises:
        OSError: where the folder itself can't be read.
    """
    files: list[Path] = []
    passed_over: list[PassedOver] = []
    os.listdir(folder)  # os.walk would pass over a folder that can't be read in silence
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _NOT_NOTES)
        for name in sorted(names):
            path = Path(where) / name
            if name.startswith(".") or path.suffix.lower() not in READABLE or path.is_symlink():
                continue
            if reason := _reason_against(path, len(files)):
                passed_over.append(PassedOver(path, reason))
            else:
                files.append(path)
    return FolderNotes(tuple(files), tuple(passed_over))


def _reason_against(path: Path, taken: int) -> str:
    try:
        size = path.stat().st_size
    except OSError as error:
        return unreadable(error)
    if not size:
        return "it is empty"
    if size > LARGEST:
        return f"it is larger than {LARGEST // 1024**2} MB"
    if taken >= MOST:
        return f"only the first {MOST:,} files of a folder are taken"
    return ""


def unreadable(error: OSError) -> str:
    """Why a file can't be read, in a few words."""
    return (error.strerror or "it can't be read").lower()
