"""Keys of endpoints: from the environment, the keychain, or else a file for the owner only."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from studybuddy.domain.endpoints import KeySource
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.storage.files import disk_problem, name_aside, one_at_a_time, write_private
from studybuddy.storage.keychain import (
    SERVICE,
    Keychain,
    KeychainUnavailable,
    NoKeychain,
    SystemKeychain,
)

_log = logging.getLogger(__name__)


def _ignore(_key: str) -> None: ...


class KeyStore:
    """Finds and keeps keys. Its methods block, for seconds where a keychain is stuck."""

    def __init__(
        self,
        file: Path,
        keychain: Keychain | None = None,
        on_key: Callable[[str], None] = _ignore,
    ) -> None:
        """Take the parts; nothing is opened.

        Args:
            file: the key file, used where there is no keychain.
            keychain: the system's one when not given.
            on_key: told every key that passes through, so that the log can leave it out.
        """
        self._file = file
        self._keychain = keychain or SystemKeychain()
        self._on_key = on_key

    def find_key(
        self, endpoint_name: str, key_env: str, environ: Mapping[str, str]
    ) -> tuple[str, KeySource]:
        """An endpoint's key and where it was found; an empty one where there is none.

        Args:
            endpoint_name: the name that the key was stored under.
            key_env: the environment variable to look at first; may be empty.
            environ: the environment.
        """
        key, source = self._find(endpoint_name, key_env, environ)
        if key:
            self._on_key(key)
        return key, source

    def _find(self, name: str, key_env: str, environ: Mapping[str, str]) -> tuple[str, KeySource]:
        if key_env and (key := environ.get(key_env, "").strip()):
            return key, KeySource.ENVIRONMENT
        # A key in the file is newer than one in the keychain (`store_key` sees to that), and
        # finding it does not cost the import of keyring.
        if key := self._read().get(name, ""):
            return key, KeySource.FILE
        try:
            if key := self._keychain.get(name) or "":
                return key, KeySource.KEYCHAIN
        except KeychainUnavailable:
            pass
        return "", KeySource.NONE

    def store_key(self, name: str, key: str) -> KeySource:
        """Keep a key in the keychain, or else in the file; a former one is replaced.

        Raises:
            StudyBuddyError: where it is no key, or can be kept nowhere.
        """
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise StudyBuddyError(
                Problem(
                    ProblemKind.STORAGE,
                    "That does not look like a key: a key is one word without spaces.",
                    "Copy it again from where you got it.",
                )
            )
        self._on_key(key)
        try:
            self._keychain.set(name, key)
        except KeychainUnavailable:
            self._change_file(name, key)
            return KeySource.FILE
        self._change_file(name, None)
        return KeySource.KEYCHAIN

    def forget_key(self, name: str) -> None:
        """Take a key out of the keychain and the file; does nothing where there is none.

        Raises:
            StudyBuddyError: where the file can't be written, or the keychain does not answer.
        """
        self._change_file(name, None)
        try:
            self._keychain.delete(name)
        except NoKeychain:
            pass
        except KeychainUnavailable as error:
            raise StudyBuddyError(
                Problem(
                    ProblemKind.STORAGE,
                    f"The key may still be in the keychain: {error}.",
                    f'Remove it there by hand: service "{SERVICE}", name "{name}".',
                )
            ) from error

    def _read(self) -> dict[str, str]:
        try:
            with open(self._file, encoding="utf-8") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                    _log.warning("%s is readable by others; making it private", self._file)
                    with suppress(PermissionError):  # not our file, but a key all the same
                        os.fchmod(file.fileno(), 0o600)
                return _keys_of(file.read())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            # The type only: the text of a JSON error may quote the file.
            _log.warning("%s can't be used: %s", self._file, type(error).__name__)
            return {}

    def _change_file(self, name: str, key: str | None) -> None:
        if key is None and name not in self._read():
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with one_at_a_time(self._file):
                keys = self._read_to_change()
                if key is None:
                    keys.pop(name, None)
                else:
                    keys[name] = key
                write_private(self._file, json.dumps(keys, indent=2) + "\n")
        except OSError as error:
            raise StudyBuddyError(disk_problem(error, self._file)) from error

    def _read_to_change(self) -> dict[str, str]:
        try:
            return _keys_of(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            kept = name_aside(self._file)
            os.replace(self._file, kept)
            _log.warning("%s was damaged and is kept as %s", self._file, kept)
            return {}


def _keys_of(text: str) -> dict[str, str]:
    data = json.loads(text)
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data.values()):
        raise ValueError("not a table of keys")
    return data
