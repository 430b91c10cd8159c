"""What several tests of the storage need."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def ordinary_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of a user that permissions hold for: root gives up its rights for the test."""
    if os.name != "posix":
        pytest.skip("permissions are told otherwise here")
    if os.geteuid() != 0:
        yield tmp_path
        tmp_path.chmod(0o700)
        return
    # Imported while the interpreter's own folder may still be read.
    import filelock
    import tomlkit

    assert filelock
    assert tomlkit
    nobody = 65534
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(folder, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield folder
    finally:
        os.seteuid(0)
        shutil.rmtree(folder)
