"""The contract of libraries of personas and templates, on each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from studybuddy.domain.prompts import PromptLibrary
from studybuddy.storage.library import FileLibrary
from tests.contract.prompt_library import BUDDY, POET, SUMMARY, ZEBRA, PromptLibraryContract
from tests.support.memory_library import MemoryLibrary


class TestMemoryLibrary(PromptLibraryContract):
    @pytest.fixture
    def library(self) -> PromptLibrary:
        return MemoryLibrary((BUDDY, POET), (SUMMARY, ZEBRA))


class TestFileLibrary(PromptLibraryContract):
    @pytest.fixture
    def library(self, tmp_path: Path) -> PromptLibrary:
        return FileLibrary(tmp_path / "config", lambda: ((BUDDY, POET), (SUMMARY, ZEBRA)))
