"""What is known of the model that will answer, and asking its server where that is not enough."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.endpoints import EndpointKind, Model
from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.chat.accounts import Accounts
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.money import ModelFacts
    from studybuddy.domain.ports import Connector

_log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds for a list of models, once the endpoint is connected."""


class ModelSizes:
    """Windows and names of models: published ones, those listed, and those learned the hard way."""

    def __init__(self, accounts: Accounts, connector: Connector) -> None:
        self._accounts = accounts
        self._connector = connector
        self._refused: dict[tuple[str, str], int] = {}
        """By endpoint and model: windows that a server told when it refused a request."""
        self._listed: set[tuple[str, str]] = set()
        """Those whose list is known to hold no more."""

    def name(self, endpoint: Endpoint) -> str:
        """The model that answers; empty where an endpoint's default one is not known yet."""
        return self._accounts.names.of(endpoint)

    async def facts(self, endpoint: Endpoint) -> ModelFacts:
        """What is known without asking the server."""
        facts = await self._accounts.facts(endpoint, self.name(endpoint))
        window = self._refused.get((endpoint.name, endpoint.model))
        if window is None or (facts.context_window is not None and facts.context_window <= window):
            return facts
        return replace(facts, context_window=window, source=endpoint.name, as_of="")

    async def asked(self, endpoint: Endpoint) -> ModelFacts:
        """The same, after the server listed its models, if it has a window to tell.

        A server that can't be asked, or does not tell, is asked again the next time: the request
        itself tells why, and some know a model's window only while it is loaded. OpenAI's list
        has none, whenever it is asked.
        """
        key = endpoint.name, endpoint.model
        if key not in self._listed:
            try:
                provider = await self._connector.connect(endpoint)
                async with asyncio.timeout(_PATIENCE):
                    models = await provider.models()
            except (StudyBuddyError, TimeoutError) as error:
                _log.info("the models' sizes could not be asked for: %s", error)
            else:
                self._accounts.learn_models(endpoint, models)
                self._accounts.learn_name(endpoint, provider.endpoint.model)
                facts = await self.facts(endpoint)
                if facts.context_window is not None or endpoint.kind is EndpointKind.OPENAI:
                    self._listed.add(key)
        return await self.facts(endpoint)

    def refused(self, endpoint: Endpoint, window: int) -> None:
        """Take the window that a server told when it refused a request."""
        self._refused[endpoint.name, endpoint.model] = window
        if name := self.name(endpoint):
            known = self._accounts.facts_known(endpoint, name)
            longest = known.max_output if known is not None else None
            model = Model(name, context_window=window, max_output=longest)
            self._accounts.learn_models(replace(endpoint, model=name), [model])
