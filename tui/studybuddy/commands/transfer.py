"""`studybuddy export` and `studybuddy import`: conversations to files and back."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from studybuddy.chat.markdown_export import file_name, markdown
from studybuddy.domain.archives import Archive
from studybuddy.domain.messages import OpenConversation
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.study.text_files import write_text

OK, FAILED, BAD_INPUT = 0, 1, 2

_EXPORT = (
    "A name that ends in .json gets all conversations with all their versions, to be imported "
    "again. A folder gets a Markdown file for each conversation. Deleted ones are left out."
)
_IMPORT = (
    "Reads files that Study Buddy has exported, and ChatGPT's export: conversations.json, or the "
    "zip that it is sent in. What is here already stays as it is."
)


@dataclass(frozen=True, slots=True)
class TransferServices:
    """What the commands work with."""

    archive: Archive
    conversations: Callable[[], AsyncIterator[OpenConversation]]
    """All that are not deleted."""
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of either command."""
    if parser.prog.endswith("export"):
        parser.epilog = _EXPORT
        parser.add_argument("path", metavar="FILE.json|FOLDER", type=Path)
        parser.add_argument("--replace", action="store_true", help="replace what is there")
    else:
        parser.epilog = _IMPORT
        parser.add_argument("path", metavar="FILE", type=Path, nargs="+")


async def export(args: argparse.Namespace, services: TransferServices) -> int:
    """Write all conversations."""
    path: Path = args.path.expanduser()
    try:
        if path.suffix.lower() == ".json":
            count = await services.archive.write(path, replace=args.replace)
        elif await asyncio.to_thread(_is_no_folder, path):
            print(f"{path}: give a name that ends in .json, or a folder.", file=services.stderr)
            return BAD_INPUT
        else:
            count = await _markdown_files(path, services, replace=args.replace)
    except FileExistsError as error:
        print(f"{error.args[0]} is there already; --replace replaces it.", file=services.stderr)
        return BAD_INPUT
    except StudyBuddyError as error:
        print(error.problem, file=services.stderr)
        return FAILED
    print(f"Exported {_conversations(count)} to {path}", file=services.stdout)
    return OK


async def _markdown_files(path: Path, services: TransferServices, *, replace: bool) -> int:
    taken: set[str] = set()
    await asyncio.to_thread(_make_folder, path)
    async for opened in services.conversations():
        name = file_name(opened.head.title, taken)
        taken.add(name)
        text = markdown(opened.head, opened.messages)
        await asyncio.to_thread(
            write_text, path / f"{name}.md", text, replace=replace, private=True
        )
    return len(taken)


def _is_no_folder(path: Path) -> bool:
    return not path.is_dir() and (bool(path.suffix) or path.exists())


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"The folder “{path}” can't be made: {error.strerror or error}."
        raise StudyBuddyError(
            Problem(ProblemKind.STORAGE, sentence, "Give another one.")
        ) from error


async def import_(args: argparse.Namespace, services: TransferServices) -> int:
    """Read files in."""
    code = OK
    paths: Sequence[Path] = args.path
    for path in paths:
        try:
            imported = await services.archive.read(path.expanduser())
        except StudyBuddyError as error:
            print(error.problem, file=services.stderr)
            code = FAILED
            continue
        for complaint in imported.complaints:
            print(f"{path.name}: {complaint}", file=services.stderr)
            code = FAILED
        print(
            f"{path.name}: {_conversations(imported.added)} added, {imported.messages:,} messages; "
            f"{_conversations(imported.conversations - imported.added)} were here already.",
            file=services.stdout,
        )
    return code


def _conversations(count: int) -> str:
    return f"{count:,} conversation{'' if count == 1 else 's'}"
