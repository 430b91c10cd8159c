"""What the app sets up for the student, over the edges that know how."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.settings import Settings
from studybuddy.providers.endpoints import (
    OPENAI,
    Decision,
    Flags,
    at,
    configured,
    openai_endpoint,
    resolve,
)

if TYPE_CHECKING:
    from studybuddy.assembly.parts import Parts
    from studybuddy.domain.setup import WeightsOffer


_NO_KEYS = (
    "This is the name of an environment variable, such as LAB_KEY. Keys themselves are never "
    "written to the settings: F12 keeps one in the keychain."
)


class StudentSetup:
    """`domain.setup.Setup` for this computer."""

    def __init__(self, parts: Parts, decision: Decision) -> None:
        """Take the parts, and what was decided for this start."""
        self._parts = parts
        self._given = None if decision.from_settings else decision.endpoint
        """The endpoint that a flag or the environment named for this start."""
        self._chosen: dict[str, Endpoint] = {}
        """What was chosen since, by name."""

    async def discover(self) -> Sequence[Endpoint]:
        """Model servers that run on this machine right now."""
        from studybuddy.providers.discovery import discover

        named = self._parts.settings.endpoints
        return [
            # A server of that name at another address is the student's own, and stays.
            replace(found, name=f"{found.name} {found.base_url}") if found.name in named else found
            for found in await discover()
        ]

    def configured(self) -> Sequence[Endpoint]:
        """The endpoints that can be used as they are, the built-in one first."""
        settings = self._parts.settings
        # Choosing OpenAI writes its model, so one there tells that a key was kept.
        with_key = settings.endpoint == OPENAI or bool(settings.model)
        endpoints = {
            endpoint.name: endpoint
            for endpoint in configured(self._parts.environ, settings)
            if endpoint.kind is not EndpointKind.OPENAI or endpoint.key or with_key
        }
        return list({**endpoints, **self._chosen}.values())

    async def keep_key(self, key: str) -> Endpoint:
        """Store an OpenAI key, and return the endpoint that uses it."""
        source = await asyncio.to_thread(self._parts.keys.store_key, OPENAI, key)
        endpoint = openai_endpoint(self._parts.environ, self._parts.settings)
        return replace(endpoint, key=key, key_source=source)

    async def remember(self, endpoint: Endpoint) -> None:
        """Use this endpoint and model from the next start on.

        What this start was told by a flag or the environment is not written down.
        """
        given = self._given
        if given is not None and endpoint.base_url == given.base_url:
            own_server = endpoint.kind in (EndpointKind.LOCAL, EndpointKind.REMOTE)
            if own_server or (endpoint == given and not self._chosen):
                return
        self._chosen[endpoint.name] = endpoint
        match endpoint.kind:
            case EndpointKind.BUILT_IN:
                pass
            case EndpointKind.OPENAI:
                await self._save("model", endpoint.model)
            case _:
                await self._save(("endpoints", endpoint.name, "base_url"), endpoint.base_url)
                await self._save(("endpoints", endpoint.name, "model"), endpoint.model)
        await self._save("endpoint", endpoint.name)

    async def set(self, key: str, value: object) -> None:
        """Write one setting."""
        await self._save(key, value)

    async def read(self) -> Settings:
        """The settings as their file has them by now."""
        from studybuddy.storage.settings_file import read_settings  # not before the first frame

        file = self._parts.paths.settings_file
        self._parts.settings = await asyncio.to_thread(read_settings, file)
        return self._parts.settings

    def wrong(self, place: Sequence[str], value: object) -> str:
        """What is wrong with a value for a setting, as a sentence; empty for nothing."""
        from studybuddy.storage.settings_file import mistake_in

        if wrong := mistake_in(tuple(place), value):
            return f"{wrong}."
        try:
            match (*place, value):
                case ("endpoint", str(name)) if name:
                    resolve(Flags(endpoint=name), {}, self._parts.settings)
                case ("endpoints", _, "base_url", str(base_url)):
                    at(base_url)
                case ("endpoints", _, "key_env", str(name)) if name and not name.isidentifier():
                    return _NO_KEYS
        except StudyBuddyError as error:
            return error.problem.sentence
        return ""

    async def change(self, place: Sequence[str], value: object, seen: Settings) -> Settings:
        """Write one setting, unless that would write over what was not seen."""
        await self._save(place, value, seen)
        return self._parts.settings

    async def _save(
        self, key: str | Sequence[str], value: object, seen: Settings | None = None
    ) -> None:
        from studybuddy.storage.settings_file import save_setting

        file = self._parts.paths.settings_file
        await asyncio.to_thread(save_setting, file, key, value, seen=seen)
        await self.read()

    def weights_offer(self) -> WeightsOffer | None:
        """What would have to be fetched before the built-in model can answer."""
        from studybuddy.domain.setup import WeightsOffer
        from studybuddy.engine.weights import WEIGHTS, check_runtime, find_weights

        check_runtime()
        model_file, folder = self._parts.model_file, self._parts.paths.models_dir
        try:
            find_weights(model_file, folder)
        except StudyBuddyError:
            if model_file is not None:
                raise  # a file of one's own that is no good is not mended by fetching
            return WeightsOffer(WEIGHTS.name, WEIGHTS.size, WEIGHTS.licence, str(folder))
        return None

    async def fetch_weights(self, on_progress: Callable[[int, int], None]) -> None:
        """Fetch the weights into the cache folder."""
        from studybuddy.engine.fetch import fetch_weights

        await fetch_weights(self._parts.paths.models_dir, on_progress)
