"""Files that a prompt mentions as `@notes/cells.md`: their text goes with the question.

The question stays as it is typed, and the texts come behind it, each in a fence under its name:
so the model sees where which text begins and ends, and what it is called.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.study.text_files import read_text

MOST_BYTES = 1_000_000
"""Of one file; most models take less."""
_MENTION = re.compile(r"""(?<![^\s(\[{<"'“‘«,;:])@(?:"(?P<quoted>[^"\n]+)"|(?P<plain>[^\s"@]+))""")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_TICKS = re.compile(r"`{3,}")
_ENDS = ".,;:!?)]}>'»”’…"
"""What may follow a name without being a part of it."""
_OF_THE_SYSTEM = (("proc",), ("sys",), ("dev",))
"""Folders at the root with what processes keep to themselves, such as their environment."""
_PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic", "ico"})
_NOTES = frozenset({"pdf", "docx", "pptx"})


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a question."""

    name: str
    """As it was typed."""
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A question with what goes with it."""

    typed: str
    files: tuple[Attached, ...] = ()

    @property
    def tail(self) -> str:
        """What comes behind the question; empty where that is nothing."""
        return "".join(f"\n\n{_block(file)}" for file in self.files)

    @property
    def text(self) -> str:
        """What is asked."""
        return self.typed + self.tail


def written(name: str) -> str:
    """A mention of a file, as it is put into a prompt."""
    plain = _MENTION.fullmatch(f"@{name}")
    if plain and plain["plain"] and name[-1] not in _ENDS:
        return f"@{name}"
    return f'@"{name}"'


def mentioned(text: str) -> list[str]:
    """What may be names of files in a text, but for what is in a fence; each once, in order."""
    names: dict[str, None] = {}
    for line in _outside_fences(text):
        for found in _MENTION.finditer(line):
            names[found["quoted"] or found["plain"]] = None
    return list(names)


def in_fence(lines: Collection[str]) -> bool:
    """Whether a fence is open behind these lines."""
    fence = ""
    for line in lines:
        fence = _fence_after(line, fence)
    return bool(fence)


def attach(
    text: str,
    folder: Path,
    chosen: Collection[str] = (),
    most_bytes: int = MOST_BYTES,
    *,
    private: Collection[Path] = (),
) -> Whole:
    """Read the files that a question mentions; for a thread, since it touches the disk.

    A name that is no file stays what it is: text. So does that of a hidden file, or of one in a
    hidden folder, also by a link, unless it was chosen: those hold keys, and a pasted text may
    mention anything.

    Args:
        text: the question.
        folder: what relative names are relative to.
        chosen: names that the student chose, which are to be files.
        most_bytes: of each file.
        private: folders of our own, whose files go along in no case.

    Raises:
        StudyBuddyError: where a file can't be read, is too long, or is no text.
    """
    files: dict[Path, Attached] = {}
    wrong: list[Problem] = []
    own = [place.resolve() for place in private]
    for typed in mentioned(text):
        name = _file(typed, folder, chosen, own)
        if name is None or f"\n{_title(name)}\n" in text:  # it is there from the last time
            continue
        path = _path(name, folder)
        same = path.resolve()  # however it is written
        if _is_below(same, own):
            raise _problem(
                f"{name} is a file of Study Buddy's own, and those may hold keys.",
                "Take its name out of the prompt.",
            )
        if same not in files:
            try:
                files[same] = Attached(name, path, read(name, path, most_bytes))
            except StudyBuddyError as error:
                wrong.append(error.problem)
    if len(wrong) > 1:
        told = " ".join(problem.sentence for problem in wrong)
        raise _problem(told, "Take their names out of the prompt.")
    if wrong:
        raise StudyBuddyError(wrong[0])
    return Whole(text, tuple(files.values()))


def read(name: str, path: Path, most_bytes: int = MOST_BYTES) -> str:
    """The text of a file as it goes with a question; touches the disk.

    Raises:
        StudyBuddyError: where it can't be read, is too long, or is no text.
    """
    kind = path.suffix.lstrip(".").lower()
    if kind in _NOTES:
        raise _problem(
            f"{name} is a {kind.upper()} file, which can't be put into a prompt as text.",
            "In assistant mode, F5 adds it to the assistant's notes.",
        )
    if kind in _PICTURES:
        raise _problem(
            f"{name} is a picture, and only text can be put into a prompt.",
            "Take its name out of the prompt, or write what is in it.",
        )
    try:
        return harmless(read_text(path, most_bytes, name))
    except StudyBuddyError as error:
        advice = "Take its name out of the prompt, or put in a part of it."
        raise StudyBuddyError(
            Problem(error.problem.kind, error.problem.sentence, advice)
        ) from error


def _file(typed: str, folder: Path, chosen: Collection[str], own: Collection[Path]) -> str | None:
    """The name of the file that is meant; `None` where it is none."""
    name = typed
    while name:
        if name in chosen:
            return name
        if _is_file(path := _path(name, folder)):
            hidden = _is_hidden(name) or _leads_to_hidden(path, folder)
            return None if hidden or _is_below(path.resolve(), own) else name
        if name[-1] not in _ENDS:
            return None
        name = name[:-1]
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that can't be one
        return False


def _is_hidden(name: str) -> bool:
    parts = name.replace(os.sep, "/").split("/")
    return any(part.startswith(".") and part not in (".", "..") for part in parts)


def _leads_to_hidden(path: Path, folder: Path) -> bool:
    """Whether a file is a hidden one in the end, seen from the folder if it is in that."""
    file, here = path.resolve(), folder.resolve()
    if file.is_relative_to(here):
        return _is_hidden(str(file.relative_to(here)))
    return _is_hidden(str(file)) or file.parts[1:2] in _OF_THE_SYSTEM


def _is_below(file: Path, folders: Collection[Path]) -> bool:
    return any(file.is_relative_to(folder) for folder in folders)


def _path(name: str, folder: Path) -> Path:
    return folder / os.path.expanduser(name)


def _title(name: str) -> str:
    return f"File {name}:"


def _block(file: Attached) -> str:
    longest = max(map(len, _TICKS.findall(file.text)), default=2)
    fence = "`" * (longest + 1)
    kind = file.path.suffix.lstrip(".").lower()
    end = "" if not file.text or file.text.endswith("\n") else "\n"
    return f"{_title(file.name)}\n{fence}{kind if kind.isalnum() else ''}\n{file.text}{end}{fence}"


def _outside_fences(text: str) -> Iterator[str]:
    fence = ""
    for line in text.split("\n"):
        before, fence = fence, _fence_after(line, fence)
        if not before and not fence:
            yield line


def _fence_after(line: str, fence: str) -> str:
    """The fence that is open behind a line; empty for none."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return found[1]
    closes = found[1][0] == fence[0] and len(found[1]) >= len(fence)
    return "" if closes and not line.strip().strip(fence[0]) else fence


def _problem(sentence: str, advice: str = "") -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.BAD_REQUEST, sentence, advice))
