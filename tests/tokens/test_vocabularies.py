"""Vocabularies come from the installed package, whole, and from nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studybuddy.tokens.vocabularies import Vocabularies, VocabularyError, read_packaged


def test_both_encodings_load_without_a_network_or_a_cache_folder(tmp_path: Path) -> None:
    code = """
import socket, sys
def refuse(*_, **__): raise AssertionError("the network was touched")
socket.socket.connect = socket.getaddrinfo = refuse
from studybuddy.tokens.vocabularies import Vocabularies
for name, tokens in (("o200k_base", [24912, 2375]), ("cl100k_base", [15339, 1917])):
    assert Vocabularies().encoding(name).encode("hello world") == tokens, name
assert "requests" not in sys.modules
"""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    environment.pop("TIKTOKEN_CACHE_DIR", None)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert not list(tmp_path.iterdir())


def test_threads_that_ask_together_share_one_loading() -> None:
    reads: list[str] = []

    def read(file_name: str) -> bytes:
        reads.append(file_name)
        return read_packaged(file_name)

    vocabularies = Vocabularies(read)
    with ThreadPoolExecutor(4) as pool:
        encodings = list(pool.map(vocabularies.encoding, ["cl100k_base"] * 8))
    assert reads == ["cl100k_base.tiktoken"]
    assert all(encoding is encodings[0] for encoding in encodings)


def test_a_damaged_vocabulary_is_refused_and_not_tried_again() -> None:
    reads: list[str] = []

    def read(file_name: str) -> bytes:
        reads.append(file_name)
        return b"aGVsbG8= 0\n"

    vocabularies = Vocabularies(read)
    for _ in range(2):
        with pytest.raises(VocabularyError, match="not the one tiktoken expects"):
            vocabularies.encoding("cl100k_base")
    assert len(reads) == 1


@pytest.mark.parametrize("name", ["gpt2", "p50k_base", "nonsense"])
def test_an_encoding_that_no_package_has_is_an_error_and_no_download(name: str) -> None:
    with pytest.raises(VocabularyError):
        Vocabularies().encoding(name)


def test_the_first_and_the_later_encoding_of_harmony_are_one_vocabulary() -> None:
    # gpt-oss is counted with o200k_base: only special tokens set its own encoding apart.
    vocabularies = Vocabularies()
    text = "Zum Beispiel: 3.14 ≈ π, 你好"
    harmony, base = (vocabularies.encoding(name) for name in ("o200k_harmony", "o200k_base"))
    assert harmony.encode(text) == base.encode(text)
