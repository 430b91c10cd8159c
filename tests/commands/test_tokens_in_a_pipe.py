"""The command as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HELLO = "hello " * 300_000


def run(
    home: Path, *given: str, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")}
    return subprocess.run(
        [sys.executable, "-m", "studybuddy", *given],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env={**kept, "STUDYBUDDY_HOME": str(home), **environ},
    )


def test_the_model_may_stand_before_or_after_the_command(tmp_path: Path) -> None:
    before = run(tmp_path, "--model", "gpt-3.5-turbo", "tokens", stdin="hello")
    after = run(tmp_path, "tokens", "--model", "gpt-3.5-turbo", stdin="hello")
    assert (before.stdout, after.stdout) == ("1\n", "1\n")
    assert before.returncode == after.returncode == 0


def test_the_model_is_the_one_that_is_set_up(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text('endpoint = "openai"\nmodel = "gpt-3.5-turbo"\n')
    assert '"cl100k_base"' in run(tmp_path, "tokens", "--json", stdin="x").stdout
    chosen = run(tmp_path, "tokens", "--json", stdin="x", OPENAI_MODEL="gpt-4o")
    assert '"gpt-4o"' in chosen.stdout


def test_a_broken_setting_is_told_and_it_counts_all_the_same(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text("endpoint = [")
    told = run(tmp_path, "tokens", "--model", "gpt-4o", stdin="x")
    assert (told.returncode, told.stdout) == (0, "1\n")
    assert "settings" in told.stderr
    bad = run(tmp_path, "tokens", "--model", "gpt-4o", stdin="x", OPENAI_BASE_URL="nonsense:")
    assert bad.stdout == "1\n"


def test_nothing_is_written_and_nothing_heavy_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from studybuddy.cli import main\n"
        "code = main(['tokens', '--model', 'gpt-4o'])\n"
        "heavy = {'textual', 'openai', 'sqlite3', 'genai_prices', 'httpx2', 'pydantic'}\n"
        "print(code, heavy & sys.modules.keys())"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        input="hello",
        capture_output=True,
        text=True,
        env={**os.environ, "STUDYBUDDY_HOME": str(tmp_path / "home")},
        check=True,
    )
    assert process.stdout == "1\n0 set()\n"
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way there")
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text(HELLO)
    process = subprocess.Popen(
        [sys.executable, "-m", "studybuddy", "--model", "gpt-4o", "tokens", "--ids", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "STUDYBUDDY_HOME": str(tmp_path / "home")},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), err) == (0, b"")
