"""What is set up for the student is there the next time, in files that are the student's."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import pytest

from studybuddy.assembly.app import assemble_app
from studybuddy.assembly.parts import Parts
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.student_setup import StudentSetup

OLLAMA = Endpoint("Ollama", "http://127.0.0.1:11434/v1", EndpointKind.LOCAL, "qwen3")
NOTHING = argparse.Namespace(base_url="", model="", model_file=None, new=False)


def start(home: Path, environ: Mapping[str, str] | None = None) -> tuple[Parts, StudentSetup]:
    parts = Parts(NOTHING, {"STUDYBUDDY_HOME": str(home), **(environ or {})})
    return parts, StudentSetup(parts, parts.decide())


async def test_a_chosen_server_is_used_by_the_next_start(tmp_path: Path) -> None:
    parts, setup = start(tmp_path)
    await setup.remember(OLLAMA)
    assert OLLAMA in setup.configured()
    await parts.close()
    parts, _ = start(tmp_path)
    assert parts.decide().endpoint == OLLAMA
    await parts.close()


async def test_the_last_choice_counts_also_with_a_key_in_the_environment(tmp_path: Path) -> None:
    environ = {"OPENAI_API_KEY": "sk-test-0000"}
    parts, setup = start(tmp_path, environ)
    built_in, openai = setup.configured()[:2]
    await setup.remember(built_in)
    await setup.remember(openai)
    await parts.close()
    parts, _ = start(tmp_path, environ)
    decided = parts.decide().endpoint
    assert decided is not None
    assert decided.kind is EndpointKind.OPENAI
    await parts.close()


async def test_broken_settings_are_not_written_over(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text("theme = ")
    parts, setup = start(tmp_path)
    with pytest.raises(StudyBuddyError, match="It stays as it is"):
        await setup.set("theme", "nord")
    assert [path.name for path in settings.parent.glob("settings*")] == ["settings.toml"]
    assert settings.read_text() == "theme = "
    await parts.close()


async def test_a_change_is_written_and_known_to_the_endpoints_at_once(tmp_path: Path) -> None:
    parts, setup = start(tmp_path)
    seen = await setup.read()
    settings = await setup.change(("endpoints", "lab", "base_url"), "http://127.0.0.1:9/v1", seen)
    assert settings.endpoints["lab"].base_url == "http://127.0.0.1:9/v1"
    assert "lab" in [endpoint.name for endpoint in setup.configured()]
    settings = await setup.change(("endpoints", "lab"), None, settings)
    assert settings.endpoints == {}
    assert "lab" not in [endpoint.name for endpoint in setup.configured()]
    await parts.close()


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("budgets", "day"), "5x", "neither money nor tokens"),
        (("theme",), 3, "must be text"),
        (("limits", "prompt_characters"), -1, "must not be negative"),
        (("endpoint",), "lap", "no endpoint named “lap”"),
        (("endpoints", "lab", "base_url"), "not an address", ""),
        (("endpoints", "lab", "key_env"), "sk-test-1234", "never written"),
    ],
)
async def test_what_a_setting_can_not_be_is_said(
    tmp_path: Path, place: tuple[str, ...], value: object, says: str
) -> None:
    parts, setup = start(tmp_path)
    wrong = setup.wrong(place, value)
    assert wrong
    assert says in wrong
    assert "sk-test" not in wrong
    await parts.close()


async def test_what_a_setting_can_be_is_not_wrong(tmp_path: Path) -> None:
    parts, setup = start(tmp_path)
    for place, value in (
        (("budgets", "day"), "$1"),
        (("endpoint",), "built-in"),
        (("endpoints", "lab", "base_url"), "http://127.0.0.1:9/v1"),
        (("endpoints", "lab", "key_env"), "LAB_KEY"),
    ):
        assert setup.wrong(place, value) == ""
    await parts.close()


async def test_a_mistake_in_the_settings_does_not_keep_the_app_from_opening(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text('endpoint = "lab"\n[endpoints.lab]\nbase_ur = "http://127.0.0.1:1/v1"\n')
    app, close = assemble_app(NOTHING, {"STUDYBUDDY_HOME": str(tmp_path)})
    assert app.services.desk.endpoint is None
    assert any("lab" in problem.sentence for problem in app.services.notices)
    await close()
