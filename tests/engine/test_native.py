"""The model's own process, without a model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.built_in import needs_model
from tests.engine.engines import ENOUGH

NATIVE = [sys.executable, "-m", "studybuddy.engine.model.native"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
@pytest.mark.parametrize("closed", ["before it began", "while it loads"])
def test_it_dies_with_its_parent_though_pythons_lock_is_held(closed: str) -> None:
    """A thread that watched standard input would not get to run while a model is loaded."""
    code = (
        "import re, sys, types\n"
        "from studybuddy.engine.model import native\n"
        "def load(_):\n"
        "    print('begun', file=sys.stderr, flush=True)\n"
        "    re.match('(a+)+$', 'a' * 60 + 'b')  # takes years, and keeps the lock\n"
        "sys.modules['xllamacpp'] = types.SimpleNamespace(Server=load)\n"
        "native._parameters = lambda *_: None\n"
        "native.main(['--model-file=any.gguf'])\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stderr is not None
    try:
        if closed == "while it loads":
            assert child.stderr.readline() == "begun\n"
        child.stdin.close()
        child.wait(ENOUGH)
    finally:
        child.kill()
        child.wait()
        child.stderr.close()


@needs_model
def test_it_reports_what_it_can_not_load_and_keeps_its_output_clean(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"GGUF" + bytes(100))
    stdin, parent = os.pipe()  # which stays open: its parent lives
    command = [*NATIVE, f"--model-file={wrong}"]
    done = subprocess.run(command, stdin=stdin, capture_output=True, timeout=ENOUGH, check=False)
    os.close(stdin)
    os.close(parent)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report == {"error": "wrong.gguf can't be loaded as a model."}
    assert b"wrong.gguf" in done.stderr  # llama.cpp's own words
