"""Who may import whom, and what is loaded when."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def loaded_by(code: str, tmp_path: Path) -> set[str]:
    """What a fresh interpreter has loaded after running `code`: packages, and modules of ours."""
    script = (
        f"{code}\nimport sys\n"
        "for m in sys.modules: print(m if m.startswith('studybuddy') else m.split('.')[0])"
    )
    environ = {**os.environ, "STUDYBUDDY_HOME": str(tmp_path), "OPENAI_BASE_URL": "http://[::1]:9"}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=True
    )
    return set(run.stdout.split())


def test_the_rooms_import_only_whom_they_may() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stdout


HEAVY = {
    "openai", "pydantic", "httpx2", "tiktoken", "keyring", "markdown_it", "pygments", "plotext",
    "textual_plotext", "latex2mathml",
}  # fmt: skip

NOT_BEFORE_THE_FIRST_FRAME = {
    # What counts and holds requests to limits.
    "chat.accounts", "chat.meter", "domain.limits", "domain.metering", "tokens.counter",
    # What a turn is made of and told in.
    "chat.answer", "chat.asked", "chat.context", "domain.events", "domain.ports", "ui.turn_view",
    "ui.turns",
    # Markdown, personas and templates, the writing of settings, features.
    "domain.prompts", "domain.setup", "storage.settings_file",
    "storage.library_folder", "ui.features",
    "ui.transcript.blocks", "ui.transcript.inline",
}  # fmt: skip
"""Modules of ours; each dataclass in them would take a third of a millisecond."""


def test_nothing_heavy_is_loaded_before_the_first_frame(tmp_path: Path) -> None:
    code = (
        "import argparse, os\n"
        "from studybuddy.assembly.app import assemble_app\n"
        "args = argparse.Namespace(base_url='', model='', model_file=None, new=False)\n"
        "app, close = assemble_app(args, os.environ)\n"
        "app.get_default_screen()"
    )
    loaded = loaded_by(code, tmp_path)
    assert "textual" in loaded
    assert not loaded & {*HEAVY, "uvicorn", "starlette", "xllamacpp", "tomlkit", "msgspec"}
    assert not loaded & {"http", "hashlib", "tomllib"}
    assert not loaded & {f"studybuddy.{module}" for module in NOT_BEFORE_THE_FIRST_FRAME}


@pytest.mark.parametrize(
    "module",
    [
        "studybuddy.commands.ask",
        "studybuddy.commands.doctor",
        "studybuddy.commands.tokens",
        "studybuddy.commands.usage",
        "studybuddy.engine.serve",
    ],
)
def test_commands_without_a_screen_do_not_load_textual(module: str, tmp_path: Path) -> None:
    code = f"import {module}, studybuddy.assembly.commands, studybuddy.cli"
    assert not loaded_by(code, tmp_path) & {"textual", "rich", *HEAVY}


def test_usage_is_shown_without_a_screen_an_endpoint_or_a_tokenizer(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from contextlib import closing\n"
        "from studybuddy.storage.database import open_database\n"
        "from studybuddy.storage.paths import Paths\n"
        "file = Paths.from_environment(os.environ).database_file\n"
        "with closing(open_database(file).connection): pass\n"
        "from studybuddy.cli import main\n"
        "sys.stdout = sys.stderr\n"
        "assert main(['usage']) == 0\n"
        "assert main(['usage', '--by', 'conversation', '--json']) == 0\n"
        "sys.stdout = sys.__stdout__\n"
    )
    loaded = loaded_by(code, tmp_path)
    assert "sqlite3" in loaded
    assert not loaded & {"textual", "rich", "genai_prices", "msgspec", "tomlkit", *HEAVY}


def test_help_and_version_load_next_to_nothing(tmp_path: Path) -> None:
    code = (
        "from studybuddy.cli import main\n"
        "for flag in ('--help', '--version'):\n"
        "    try: main([flag])\n"
        "    except SystemExit: pass\n"
    )
    assert not loaded_by(code, tmp_path) & {"asyncio", "textual", "sqlite3", *HEAVY}
