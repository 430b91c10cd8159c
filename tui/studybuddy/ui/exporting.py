"""Writing records of usage to a file that the student names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from studybuddy.domain.accounts import UsageRecord
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.study.text_files import write_text
from studybuddy.study.typed_paths import read_paths


def default_path(folder: Path | None, today: date) -> str:
    """A path to begin with, in "Documents" in the home folder where there is no other folder."""
    home = Path.home()
    if folder is None:
        documents = home / "Documents"
        folder = documents if documents.is_dir() else home
    path = folder / f"studybuddy-usage-{today.isoformat()}.csv"
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def export(typed: str, records: Sequence[UsageRecord], replace: bool) -> Path:
    """Write records where `typed` says, and return where that is; touches the disk.

    Raises:
        FileExistsError: where a file is there and `replace` is not set.
        StudyBuddyError: where no file is named, its ending is neither .csv nor .json, or the disk
            fails.
    """
    from studybuddy.chat.usage_export import records_csv, records_json

    paths = read_paths(typed)
    if not paths:
        raise StudyBuddyError(Problem(ProblemKind.STORAGE, "Type the name of a file to write."))
    path = paths[0]
    writers = {".csv": records_csv, ".json": records_json}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise StudyBuddyError(
            Problem(ProblemKind.STORAGE, "The file's name must end in .csv or .json.")
        )
    write_text(path, writer(records), replace=replace)
    return path.absolute()
