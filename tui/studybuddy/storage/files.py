"""Writing small files so that they are whole, private, and never lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_LOCK_WAIT = 5.0  # seconds


def full_disk(path: Path) -> Problem:
    """The problem of a disk with no room for `path`."""
    return Problem(
        ProblemKind.STORAGE,
        f"The disk is full: {path} could not be written.",
        "Free some space, then try again.",
    )


def denied(path: Path) -> Problem:
    """The problem of a file or folder that may not be written."""
    return Problem(
        ProblemKind.STORAGE,
        f"StudyBuddy is not allowed to write to {path}.",
        "Make it yours and writable, or set STUDYBUDDY_HOME to a folder that is.",
    )


def disk_problem(error: OSError, path: Path) -> Problem:
    """What an operating system error at `path` means to the student."""
    if error.errno in _FULL:
        return full_disk(path)
    if error.errno in _DENIED or isinstance(error, PermissionError):
        return denied(path)
    return Problem(
        ProblemKind.STORAGE,
        f"StudyBuddy could not use {path}: {error.strerror or error}.",
        "Check that folder, or set STUDYBUDDY_HOME to another one.",
    )


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only from the moment it exists.

    A file that was there keeps its mode, and a link to it stays a link.

    Raises:
        OSError: where that fails; the old file is then as it was.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.urandom(6).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(temporary, target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # elsewhere a folder can't be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # file systems that can't, needn't
            raise
    finally:
        os.close(descriptor)


def name_aside(path: Path) -> Path:
    """A free name for a damaged file beside it: `settings-damaged-20261121-093000.toml`."""
    stamp = f"{path.stem}-damaged-{datetime.now():%Y%m%d-%H%M%S}"
    name, number = path.with_name(stamp + path.suffix), 1
    while name.exists():
        number += 1
        name = path.with_name(f"{stamp}-{number}{path.suffix}")
    return name


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold off other processes that change `path` until the block ends.

    Raises:
        StudyBuddyError: where another one does not let go, or the folder can't be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_LOCK_WAIT, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise StudyBuddyError(
            Problem(
                ProblemKind.STORAGE,
                f"Another program is writing {path}.",
                "Try again in a moment.",
                transient=True,
            )
        ) from error
    except OSError as error:
        raise StudyBuddyError(disk_problem(error, path.parent)) from error
    try:
        yield
    finally:
        with suppress(OSError):  # while it is held: whoever waits for it makes a new one
            os.unlink(lock.lock_file)
        lock.release()
