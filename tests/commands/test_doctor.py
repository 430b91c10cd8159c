from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from studybuddy.commands import doctor
from studybuddy.domain.endpoints import Endpoint, EndpointKind, KeySource, Model
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.providers.endpoints import at, built_in
from tests.support.scripted_provider import ScriptedConnector, ScriptedProvider

SERVER = at("http://127.0.0.1:11434", "llama")
OPENAI = Endpoint("openai", "https://api.openai.com/v1", EndpointKind.OPENAI, "gpt")
MISSING = Problem(ProblemKind.NO_WEIGHTS, "The weights are missing.", "Fetch them in the app.")
LISTED = (Model("llama"),)
DOWN = Problem(ProblemKind.NO_CONNECTION, "Nothing answers.", "Is Ollama running?")


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


async def examine(
    *,
    endpoint: Endpoint | Problem | None = SERVER,
    models: Sequence[Model] | Problem = LISTED,
    connection: Problem | None = None,
    key: tuple[str, KeySource] = ("", KeySource.NONE),
    runtime: Problem | None = None,
    weights: Problem | None = None,
    servers: Sequence[Endpoint] = (),
    notices: Sequence[Problem] = (),
    environ: Mapping[str, str] | None = None,
    size: tuple[int, int] = (120, 40),
    out: io.StringIO | None = None,
) -> tuple[int, dict[str, Any]]:
    """The exit code and the checks by name, as the JSON has them."""
    out = out or Terminal()

    def decide() -> tuple[Endpoint | None, str]:
        if isinstance(endpoint, Problem):
            raise StudyBuddyError(endpoint)
        return endpoint, "because"

    def part(problem: Problem | None) -> str:
        if problem is not None:
            raise StudyBuddyError(problem)
        return "there"

    async def discover() -> Sequence[Endpoint]:
        return servers

    services = doctor.DoctorServices(
        version="1.2.3",
        places={"Settings": "/home/s/settings.toml"},
        notices=notices,
        decide=decide,
        find_key=lambda endpoint: key,
        connector=ScriptedConnector(ScriptedProvider(models=models), problem=connection),
        discover=discover,
        runtime=lambda: part(runtime),
        weights=lambda: part(weights),
        environ=environ or {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
        terminal_size=lambda: size,
        stdout=out,
    )
    code = await doctor.run(services, as_json=True)
    found = json.loads(out.getvalue())
    assert found["works"] is (code == doctor.OK)
    out.truncate(0)
    out.seek(0)
    assert await doctor.run(services) == code
    return code, {check["name"]: check for check in found["checks"]}


async def test_where_all_is_well_nothing_fails() -> None:
    out = Terminal()
    code, checks = await examine(out=out)
    assert code == doctor.OK
    assert {check["state"] for check in checks.values()} == {"ok"}
    assert checks["StudyBuddy"]["text"] == "1.2.3"
    assert checks["Settings"]["text"] == "/home/s/settings.toml"
    assert "because" in checks["Endpoint"]["text"]
    assert " ms" in checks["Connection"]["text"]
    assert checks["Models"]["text"] == "llama"
    assert out.getvalue().endswith("A chat works.\n")


async def test_a_server_that_is_down_fails_with_what_to_do() -> None:
    out = Terminal()
    code, checks = await examine(connection=DOWN, out=out)
    assert code == doctor.NO_CHAT
    assert checks["Connection"]["state"] == "FAIL"
    lines = out.getvalue().splitlines()
    failed = next(i for i, line in enumerate(lines) if line.startswith("FAIL"))
    assert "Nothing answers." in lines[failed]
    assert lines[failed + 1].strip() == "-> Is Ollama running?"
    assert "marked FAIL" in lines[-1]


@pytest.mark.parametrize("models", [DOWN, ()])
async def test_without_models_a_chat_would_not_work(models: Any) -> None:
    code, _ = await examine(models=models)
    assert code == doctor.NO_CHAT


async def test_a_model_that_is_not_listed_is_a_note() -> None:
    code, checks = await examine(models=(Model("other"),))
    assert code == doctor.OK
    assert checks["Model"]["state"] == "note"


async def test_a_long_list_of_models_is_cut() -> None:
    _, checks = await examine(models=[Model("llama"), *(Model(f"m{n}") for n in range(20))])
    assert checks["Models"]["text"] == "llama, m0, m1, m2, m3 and 16 more"


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [(None, doctor.NO_CHAT), (Problem(ProblemKind.SETTINGS, "Bad.", "Mend."), doctor.NO_CHAT)],
)
async def test_without_an_endpoint_a_chat_would_not_work(endpoint: Any, code: int) -> None:
    found, checks = await examine(endpoint=endpoint)
    assert found == code
    assert checks["Endpoint"]["state"] == "FAIL"
    assert checks["Endpoint"]["advice"]


@pytest.mark.parametrize("source", [KeySource.KEYCHAIN, KeySource.FILE, KeySource.ENVIRONMENT])
async def test_where_the_key_was_found_is_told_and_never_the_key(source: KeySource) -> None:
    out = Terminal()
    code, checks = await examine(
        endpoint=OPENAI, models=(Model("gpt"),), key=("sk-secret", source), out=out
    )
    assert code == doctor.OK
    assert source.value in checks["Key"]["text"].replace("key file", "file")
    assert "sk-secret" not in out.getvalue()
    assert "sk-secret" not in str(checks)


async def test_openai_without_a_key_fails() -> None:
    code, checks = await examine(
        endpoint=OPENAI, connection=Problem(ProblemKind.UNAUTHORIZED, "No key.", "Set it.")
    )
    assert code == doctor.NO_CHAT
    assert checks["Key"]["state"] == "FAIL"


async def test_missing_weights_matter_where_the_built_in_model_answers() -> None:
    code, checks = await examine(endpoint=built_in(), weights=MISSING)
    assert code == doctor.NO_CHAT
    assert checks["Weights (built-in)"]["state"] == "FAIL"
    assert checks["Weights (built-in)"]["advice"] == "Fetch them in the app."
    assert "Connection" not in checks


async def test_missing_weights_are_a_note_where_another_endpoint_answers() -> None:
    code, checks = await examine(weights=MISSING, runtime=MISSING)
    assert code == doctor.OK
    assert checks["Weights (built-in)"]["state"] == "note"


async def test_the_built_in_model_is_really_asked() -> None:
    code, checks = await examine(endpoint=built_in(), connection=DOWN)
    assert code == doctor.NO_CHAT
    assert checks["Connection"]["text"] == "Nothing answers."


async def test_servers_that_run_here_are_listed() -> None:
    _, checks = await examine(servers=[SERVER])
    assert checks["Local servers"]["text"] == (
        "ollama at http://127.0.0.1:11434/v1, model llama"
    )  # fmt: skip


async def test_a_damaged_settings_file_is_told_and_does_not_stop_a_chat() -> None:
    notice = Problem(ProblemKind.SETTINGS, "The settings file was damaged.", "Look at the copy.")
    code, checks = await examine(notices=[notice])
    assert code == doctor.OK
    assert (checks["Files"]["state"], checks["Files"]["advice"]) == ("note", "Look at the copy.")


@pytest.mark.parametrize(
    ("environ", "size", "name", "state", "text"),
    [
        ({"TERM": "dumb"}, (80, 24), "Terminal", "note", "dumb"),
        ({"X": "y"}, (80, 24), "Terminal", "note", "TERM is not set"),
        ({"TERM": "tmux-256color", "TMUX": "1", "SSH_TTY": "/dev/x"}, (80, 24), "Terminal", "ok",
         "tmux-256color, inside tmux and ssh"),
        ({"TERM": "xterm"}, (79, 24), "Size", "note", "79 columns, 24 rows"),
        ({"TERM": "xterm"}, (80, 24), "Colours", "note", "16"),
        ({"TERM": "xterm-256color"}, (80, 24), "Colours", "ok", "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, (80, 24), "Colours", "ok", "16 million"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, (80, 24), "Colours", "ok", "NO_COLOR"),
    ],
)  # fmt: skip
async def test_the_terminal_is_told(
    environ: dict[str, str], size: tuple[int, int], name: str, state: str, text: str
) -> None:
    code, checks = await examine(environ=environ, size=size)
    assert code == doctor.OK
    assert checks[name]["state"] == state
    assert text in checks[name]["text"]


async def test_a_pipe_is_told_as_no_terminal() -> None:
    _, checks = await examine(out=io.StringIO())
    assert "no terminal" in checks["Terminal"]["text"]
    assert "Size" not in checks


async def test_names_from_a_server_can_not_drive_the_terminal() -> None:
    out = Terminal()
    await examine(models=(Model("llama"), Model("\x1b[2Jm\nnew line")), out=out)
    assert "\x1b" not in out.getvalue()
