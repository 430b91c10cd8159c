from __future__ import annotations

import pytest

from studybuddy.domain.endpoints import EndpointKind, KeySource
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.settings import EndpointSettings, Settings
from studybuddy.providers.endpoints import Flags, configured, decide, resolve
from studybuddy.providers.models import DEFAULT_OPENAI_MODEL

KEY = {"OPENAI_API_KEY": "sk-env"}
URL = {"OPENAI_BASE_URL": "http://127.0.0.1:9000/v1"}
HERE = EndpointSettings("http://127.0.0.1:7000", model="tiny", key_env="MY_KEY")
NAMED = Settings(endpoint="here", endpoints={"here": HERE})


def test_nothing_configured_decides_nothing() -> None:
    assert resolve(Flags(), {}, Settings()) is None
    assert resolve(Flags(model="x"), {"OPENAI_MODEL": "y"}, Settings()) is None


def test_a_flag_wins_over_everything() -> None:
    flags = Flags(base_url="http://127.0.0.1:11434")
    decision = decide(flags, {**KEY, **URL}, NAMED)
    assert decision.endpoint is not None
    assert decision.endpoint.base_url == "http://127.0.0.1:11434/v1"
    assert "--base-url" in decision.reason


def test_a_base_url_in_the_environment_wins_over_the_settings() -> None:
    endpoint = resolve(Flags(), {**URL, **KEY, "OPENAI_MODEL": "m"}, NAMED)
    assert endpoint is not None
    assert endpoint.base_url == "http://127.0.0.1:9000/v1"
    assert (endpoint.key, endpoint.key_source) == ("sk-env", KeySource.ENVIRONMENT)
    assert endpoint.model == "m"


def test_the_settings_win_over_a_key_that_happens_to_be_exported() -> None:
    endpoint = resolve(Flags(), KEY, Settings(endpoint="built-in"))
    assert endpoint is not None
    assert endpoint.kind is EndpointKind.BUILT_IN
    assert endpoint.key == ""


def test_a_key_alone_means_openai() -> None:
    endpoint = resolve(Flags(), KEY, Settings())
    assert endpoint is not None
    assert (endpoint.name, endpoint.kind) == ("openai", EndpointKind.OPENAI)
    assert endpoint.base_url == "https://api.openai.com/v1"
    assert endpoint.model == DEFAULT_OPENAI_MODEL


def test_openai_asks_the_model_of_the_environment_then_of_the_settings() -> None:
    settings = Settings(endpoint="openai", model="from-settings")
    by_settings = resolve(Flags(), {}, settings)
    by_environment = resolve(Flags(), {"OPENAI_MODEL": "from-env"}, settings)
    by_flag = resolve(Flags(model="from-flag"), {"OPENAI_MODEL": "from-env"}, settings)
    assert [e and e.model for e in (by_settings, by_environment, by_flag)] == [
        "from-settings",
        "from-env",
        "from-flag",
    ]


def test_a_named_endpoint_gets_its_own_key_and_never_openais() -> None:
    without = resolve(Flags(), KEY, NAMED)
    assert without is not None
    assert (without.name, without.base_url, without.model) == (
        "here", "http://127.0.0.1:7000/v1", "tiny",
    )  # fmt: skip
    assert without.key == ""
    with_own = resolve(Flags(endpoint="here"), {**KEY, "MY_KEY": " own "}, Settings(
        endpoints={"here": HERE}
    ))  # fmt: skip
    assert with_own is not None
    assert with_own.key == "own"


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(StudyBuddyError, match=r"nowhere.*built-in, openai, here"):
        resolve(Flags(endpoint="nowhere"), {}, NAMED)


def test_a_bad_address_in_the_environment_is_told() -> None:
    with pytest.raises(StudyBuddyError, match="localhost:9000"):
        resolve(Flags(), {"OPENAI_BASE_URL": "localhost:9000"}, Settings())


def test_empty_variables_are_as_good_as_none() -> None:
    assert resolve(Flags(), {"OPENAI_API_KEY": " ", "OPENAI_BASE_URL": ""}, Settings()) is None


def test_the_configured_endpoints_leave_out_what_can_not_be_used() -> None:
    settings = Settings(endpoints={"here": HERE, "bad": EndpointSettings("nowhere")})
    assert [e.name for e in configured(KEY, settings)] == ["built-in", "openai", "here"]


def test_a_key_is_not_in_the_representation() -> None:
    assert "sk-env" not in repr(decide(Flags(), KEY, Settings()))
