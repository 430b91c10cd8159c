"""Which apps run on this data folder: each holds a lock on a file of its own for its life.

The form that others may rely on: a folder of files `ID.lock`, each held by
`filelock.FileLock` while its app runs. The kernel lets go of the lock however the app ends,
so that a file whose lock can be had belongs to no one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from studybuddy.domain.messages import new_id
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.storage.files import disk_problem

if TYPE_CHECKING:
    from filelock import FileLock

_PATIENCE = 0.1  # seconds; another app that looks at the same file holds it for microseconds


class Liveness(Protocol):
    """Who runs; what the store asks before it takes over an unfinished answer."""

    @property
    def id(self) -> str:
        """The id of this instance."""
        ...

    def register(self) -> None:
        """Let others see that this instance runs; may be called again."""
        ...

    def is_alive(self, instance_id: str) -> bool:
        """Whether the instance of that id runs."""
        ...


class Instance:
    """This run of the app among the others; safe to use from any thread."""

    def __init__(self, directory: Path) -> None:
        """Take an id; nothing is touched before `register`."""
        self._directory = directory
        self._id = new_id()
        self._lock: FileLock | None = None
        self._guard = threading.Lock()

    @property
    def id(self) -> str:
        """32 hexadecimal digits, new at each start."""
        return self._id

    def register(self) -> None:
        """Hold this instance's lock until `release` or the end of the process.

        Files that dead instances left are removed.

        Raises:
            StudyBuddyError: where the folder can't be written.
        """
        with self._guard:
            if self._lock is not None:
                return
            lock = _file_lock(self._path(self._id))
            try:
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                lock.acquire()
            except OSError as error:
                raise StudyBuddyError(disk_problem(error, self._directory)) from error
            self._lock = lock
        self.others()

    def is_alive(self, instance_id: str) -> bool:
        """Whether that instance runs; a file that a dead one left is removed."""
        if instance_id == self._id:
            return True
        return instance_id.isalnum() and _held(self._path(instance_id))

    def others(self) -> Sequence[str]:
        """Ids of the other instances that run; files of dead ones are removed."""
        names = [path.stem for path in self._directory.glob("*.lock")]
        return [name for name in names if name != self._id and self.is_alive(name)]

    def any_other_alive(self) -> bool:
        """Whether another instance runs."""
        return bool(self.others())

    def release(self) -> None:
        """Let go of the lock and remove its file; does nothing where there is none."""
        with self._guard:
            if self._lock is not None:
                _remove_and_release(self._lock)
                self._lock = None

    def _path(self, instance_id: str) -> Path:
        return self._directory / f"{instance_id}.lock"


def _file_lock(path: Path) -> FileLock:
    from filelock import FileLock  # 25 ms: not at start

    # Not for each thread: the storage thread registers, the main one releases.
    return FileLock(path, mode=0o600, thread_local=False)


def _held(path: Path) -> bool:
    if not path.exists():
        return False
    from filelock import Timeout

    lock = _file_lock(path)
    try:
        lock.acquire(timeout=_PATIENCE, poll_interval=_PATIENCE / 10)
    except Timeout:
        return True
    except FileNotFoundError:
        return False
    except OSError:  # it can't be told: better to leave its answers alone
        return True
    _remove_and_release(lock)
    return False


def _remove_and_release(lock: FileLock) -> None:
    # Removed while held: an instance that opened the same file meanwhile sees that its lock
    # guards no name (filelock looks) and makes a new file.
    with suppress(OSError):
        os.unlink(lock.lock_file)
    lock.release()
    with suppress(OSError):  # Windows removes only what no one has open
        if os.name == "nt":
            os.unlink(lock.lock_file)
