"""Which endpoint answers, from flags, environment and settings.

The order is: what this command line says; the base URL that this shell exports; what the settings
name; a key that the environment happens to hold. A base URL in the environment is a decision about
this shell, so it wins over the settings, as it does with every other OpenAI client. A key alone is
not: people export one for other programs, and it must not send a student who chose the built-in
model to a service that costs money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from studybuddy.domain.endpoints import BUILT_IN, Endpoint, EndpointKind, KeySource
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import EndpointSettings, Settings
from studybuddy.providers.addresses import OPENAI_URL, kind_of, name_of, normal_url
from studybuddy.providers.models import DEFAULT_OPENAI_MODEL

OPENAI = "openai"
"""The name of the endpoint at OpenAI."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What a command line says about the endpoint; empty where it says nothing."""

    base_url: str = ""
    model: str = ""
    endpoint: str = ""
    """Name of an endpoint, as in the settings."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An endpoint, and why it is that one."""

    endpoint: Endpoint | None
    """`None` where nothing is configured."""
    reason: str
    """A half sentence, such as "named by --base-url"."""
    from_settings: bool = False
    """Whether the settings named it, so that another choice is written there too."""


def resolve(flags: Flags, environ: Mapping[str, str], settings: Settings) -> Endpoint | None:
    """The endpoint to use; `None` where nothing is configured yet.

    Raises:
        StudyBuddyError: (SETTINGS) where a URL or a name is no good.
    """
    return decide(flags, environ, settings).endpoint


def decide(flags: Flags, environ: Mapping[str, str], settings: Settings) -> Decision:
    """The same with the reason for it.

    A key in `OPENAI_API_KEY` goes with a base URL from a flag or from the environment, and with
    OpenAI; named endpoints have their own. Keys from other places are looked up on connecting.
    """
    decision = _decide(flags, environ, settings)
    if flags.model and decision.endpoint is not None:
        return replace(decision, endpoint=replace(decision.endpoint, model=flags.model))
    return decision


def configured(environ: Mapping[str, str], settings: Settings) -> tuple[Endpoint, ...]:
    """The endpoints that can be named: the built-in one, OpenAI, and those of the settings.

    Those of the settings whose address is no good are left out; choosing one by name says why.
    """
    endpoints = [built_in(), openai_endpoint(environ, settings)]
    for name, given in settings.endpoints.items():
        try:
            endpoints.append(_from_settings(name, given, environ))
        except StudyBuddyError:
            continue
    return tuple(endpoints)


def built_in(model: str = "") -> Endpoint:
    """The built-in endpoint, whose address is known once its engine runs."""
    return Endpoint(BUILT_IN, "", EndpointKind.BUILT_IN, model)


def openai_endpoint(environ: Mapping[str, str], settings: Settings) -> Endpoint:
    """OpenAI, with the environment's key where there is one."""
    endpoint = Endpoint(
        OPENAI,
        OPENAI_URL,
        EndpointKind.OPENAI,
        environ.get("OPENAI_MODEL", "").strip() or settings.model or DEFAULT_OPENAI_MODEL,
    )
    return _with_key(endpoint, environ.get("OPENAI_API_KEY", ""))


def at(base_url: str, model: str = "") -> Endpoint:
    """The endpoint at a base URL that has no name of its own.

    Raises:
        StudyBuddyError: (SETTINGS) where it can't be a base URL.
    """
    base_url = normal_url(base_url)
    kind = kind_of(base_url)
    if kind is EndpointKind.OPENAI:
        model = model or DEFAULT_OPENAI_MODEL
    return Endpoint(name_of(base_url), base_url, kind, model)


def _decide(flags: Flags, environ: Mapping[str, str], settings: Settings) -> Decision:
    key = environ.get("OPENAI_API_KEY", "")
    base_url = environ.get("OPENAI_BASE_URL", "").strip()
    if flags.base_url:
        return Decision(_with_key(at(flags.base_url), key), "named by --base-url")
    if flags.endpoint:
        return Decision(_named(flags.endpoint, environ, settings), "named by --endpoint")
    if base_url:
        endpoint = at(base_url, environ.get("OPENAI_MODEL", "").strip())
        return Decision(_with_key(endpoint, key), "OPENAI_BASE_URL is set")
    if settings.endpoint:
        return Decision(_named(settings.endpoint, environ, settings), "named in the settings", True)
    if key.strip():
        return Decision(openai_endpoint(environ, settings), "OPENAI_API_KEY is set")
    return Decision(None, "nothing is configured")


def _named(name: str, environ: Mapping[str, str], settings: Settings) -> Endpoint:
    if name in settings.endpoints:
        return _from_settings(name, settings.endpoints[name], environ)
    if name == BUILT_IN:
        return built_in()
    if name == OPENAI:
        return openai_endpoint(environ, settings)
    known = ", ".join([BUILT_IN, OPENAI, *settings.endpoints])
    raise StudyBuddyError(
        Problem(
            ProblemKind.SETTINGS,
            f"There is no endpoint named “{name}”.",
            f"Known are: {known}; others are added in the settings under [endpoints.NAME].",
        )
    )


def _from_settings(name: str, given: EndpointSettings, environ: Mapping[str, str]) -> Endpoint:
    endpoint = replace(at(given.base_url, given.model), name=name)
    return _with_key(endpoint, environ.get(given.key_env, "") if given.key_env else "")


def _with_key(endpoint: Endpoint, key: str) -> Endpoint:
    key = key.strip()
    if not key:
        return endpoint
    return replace(endpoint, key=key, key_source=KeySource.ENVIRONMENT)
