"""The engine's process, as the app that started it sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_LOG_LIMIT = 1_000_000  # bytes, after which the log begins anew
_LAST_LINES = 40
_COMPLAINT = "studybuddy serve: "


class EngineChild:
    """A running engine; it is not ended with this object, nor with this process."""

    def __init__(self, process: subprocess.Popen[bytes], log_file: Path, log_start: int) -> None:
        """Take the process, and where in the log its words begin, in bytes."""
        self._process = process
        self._log_file = log_file
        self._log_start = log_start

    @property
    def pid(self) -> int:
        """Of the engine."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """What it ended with; `None` while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """The end of what it wrote to its log."""
        try:
            with self._log_file.open("rb") as file:
                file.seek(self._log_start)
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-_LAST_LINES:])

    def complaint(self) -> str:
        """Why it could not start, in a sentence or two; empty where it did not say."""
        for line in reversed(self.last_words().splitlines()):
            if line.startswith(_COMPLAINT):
                return line.removeprefix(_COMPLAINT)
        return ""

    def let_go(self) -> None:
        """Close the pipe to it, whereupon it looks whether any app is left."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.poll()

    def end(self) -> None:
        """End it now."""
        with suppress(OSError):
            self._process.terminate()
        self.let_go()


def start_engine(
    *,
    model_file: Path | None,
    models_dir: Path,
    ready_file: Path,
    instances_dir: Path,
    log_file: Path,
    data_dir: Path,
    idle_model: bool,
    grace: float | None = None,
) -> EngineChild:
    """Start an engine, away from this terminal and its signals.

    Args:
        model_file: weights; by default the built-in model's, wherever they lie.
        models_dir: where fetched weights lie.
        ready_file: where it writes down where it listens.
        instances_dir: where the running apps hold their locks.
        log_file: for what it has to say.
        data_dir: where it keeps threads and files.
        idle_model: whether the model is loaded only when it is asked, and may be missing.
        grace: seconds for which it outlives the last app; `None` for its own measure.

    Raises:
        OSError: where that fails.
    """
    command = [
        sys.executable,
        "-P",
        "-m",
        "studybuddy",
        "serve",
        "--companion",
        "--port=0",
        f"--models-dir={models_dir}",
        f"--instances-dir={instances_dir}",
        f"--ready-file={ready_file}",
        f"--data-dir={data_dir}",
    ]
    if model_file is not None:
        command.append(f"--model-file={model_file}")
    if idle_model:
        command.append("--idle-model")
    if grace is not None:
        command.append(f"--grace={grace}")
    return _spawn(command, log_file, ready_file.parent)


def _spawn(command: Sequence[str], log_file: Path, folder: Path) -> EngineChild:
    log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        if log_file.stat().st_size > _LOG_LIMIT:
            os.replace(log_file, log_file.with_suffix(".log.1"))
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        start = os.fstat(descriptor).st_size
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=descriptor,
            stderr=descriptor,
            cwd=folder,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    finally:
        os.close(descriptor)
    return EngineChild(process, log_file, start)
