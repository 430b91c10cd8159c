"""Files that are for their owner's eyes only: the engine's token, where it listens, databases."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

_SHORTEST_TOKEN = 8  # characters


@dataclass(frozen=True, slots=True)
class EngineFile:
    """What a running engine writes down for the programs that use it."""

    pid: int
    port: int
    token: str = field(repr=False)
    version: str

    @property
    def base_url(self) -> str:
        """What a client is given as the base URL."""
        return f"http://127.0.0.1:{self.port}/v1"


def write_engine_file(path: Path, content: EngineFile) -> None:
    """Put the file in place in one step, for its owner's eyes only.

    Raises:
        OSError: where that fails.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        _write_new(temporary, json.dumps(asdict(content)).encode())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def read_engine_file(path: Path) -> EngineFile | None:
    """What the file says; `None` where there is none, or it is none of an engine."""
    try:
        found = json.loads(path.read_bytes())
        return EngineFile(
            int(found["pid"]), int(found["port"]), str(found["token"]), str(found["version"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_engine_file(path: Path, pid: int) -> None:
    """Remove the file, unless another engine has taken its place."""
    found = read_engine_file(path)
    if found is not None and found.pid == pid:
        with suppress(OSError):
            path.unlink()


def token_from_file(path: Path) -> str:
    """The token in a file, which is made with a random one where it is missing.

    Raises:
        OSError: where it can't be read or made.
        ValueError: with a sentence, where what it holds is no token.
    """
    with suppress(FileExistsError):
        _write_new(path, (new_token() + "\n").encode())
    return checked_token(path.read_text(encoding="utf-8").strip(), f"the token in {path}")


def checked_token(token: str, name: str) -> str:
    """The token itself, where it can be one.

    Raises:
        ValueError: with a sentence that names it as `name`.
    """
    if len(token) < _SHORTEST_TOKEN or not all("!" <= c <= "~" for c in token):
        raise ValueError(
            f"{name[0].upper()}{name[1:]} can't be used: it must be at least {_SHORTEST_TOKEN} "
            "letters, digits and signs, without spaces."
        )
    return token


def new_token() -> str:
    """A random token."""
    return secrets.token_urlsafe(32)


def make_private(database: Path) -> None:
    """Make a database's file where it is missing, and let no one but its owner read it.

    What SQLite lays beside it later is as private as the file itself.

    Raises:
        OSError: where that fails.
    """
    with suppress(FileExistsError):
        _write_new(database, b"")
    for suffix in ("", "-wal", "-shm"):
        path = database.with_name(database.name + suffix)
        if path.is_file():
            path.chmod(0o600)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
