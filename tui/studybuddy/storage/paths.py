"""Where the app keeps its files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.storage.files import disk_problem

APP_NAME = "studybuddy"
HOME_VARIABLE = "STUDYBUDDY_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one student, and the files in them."""

    config: Path
    """What the student sets: settings, and keys where there is no keychain."""
    data: Path
    """What must not be lost: conversations."""
    cache: Path
    """What can be fetched again: the weights of the built-in model."""
    log: Path
    runtime: Path
    """What ends with the session: the address of a running engine."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Paths:
        """The platform's folders, or those below STUDYBUDDY_HOME where that is set.

        Only STUDYBUDDY_HOME is read from `environ`: platformdirs reads the process's own.
        """
        if home := environ.get(HOME_VARIABLE, "").strip():
            root = Path(os.path.abspath(Path(home).expanduser()))
            return cls(root / "config", root / "data", root / "cache", root / "log", root / "run")

        from platformdirs import PlatformDirs

        dirs = PlatformDirs(APP_NAME, appauthor=False)
        data = dirs.user_data_path
        try:
            with warnings.catch_warnings():
                # It warns on stderr where a session has no XDG_RUNTIME_DIR, which is common.
                warnings.simplefilter("ignore")
                runtime = dirs.user_runtime_path
        except PermissionError:  # the fallback in the temporary folder belongs to someone else
            runtime = data / "run"
        return cls(dirs.user_config_path, data, dirs.user_cache_path, dirs.user_log_path, runtime)

    @property
    def settings_file(self) -> Path:
        """The student's settings, TOML."""
        return self.config / "settings.toml"

    @property
    def keys_file(self) -> Path:
        """Keys of endpoints where the system has no keychain, JSON."""
        return self.config / "keys.json"

    @property
    def database_file(self) -> Path:
        """The conversations, SQLite."""
        return self.data / "studybuddy.db"

    @property
    def instances_dir(self) -> Path:
        """A lock file for each running app.

        Beside the database and not in the runtime folder: all who share the database must
        look in the same place, also from sessions with another XDG_RUNTIME_DIR.
        """
        return self.data / "instances"

    @property
    def models_dir(self) -> Path:
        """Weights that were fetched."""
        return self.cache / "models"

    @property
    def log_file(self) -> Path:
        """The log that is written to now; older ones end in .1, .2, .3."""
        return self.log / "studybuddy.log"

    @property
    def engine_file(self) -> Path:
        """Address and token of the running engine, JSON."""
        return self.runtime / "engine.json"

    def create(self) -> None:
        """Make the folders that are missing, for the student's eyes only (0700).

        A log folder that can't be made is passed over: the app works without a log.

        Raises:
            StudyBuddyError: where another folder can't be made, or the runtime folder
                belongs to someone else.
        """
        for folder in (self.config, self.data, self.cache, self.runtime, self.log):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                if folder is not self.log:
                    raise StudyBuddyError(disk_problem(error, folder)) from error
        if os.name == "posix" and self.runtime.stat().st_uid != os.geteuid():
            # The engine's token is read from there: it must be ours, not laid out for us.
            stranger = PermissionError(f"{self.runtime} belongs to another user")
            raise StudyBuddyError(disk_problem(stranger, self.runtime))
