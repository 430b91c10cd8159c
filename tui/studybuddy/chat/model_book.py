"""What is known of models: their prices and sizes, and what endpoints list of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.money import YOURS, ModelFacts

if TYPE_CHECKING:
    from studybuddy.chat.model_names import ModelNames
    from studybuddy.domain.counting import PriceBook
    from studybuddy.domain.endpoints import Endpoint, Model


class ModelBook:
    """Looks every model up once; what its endpoint lists goes before what is published."""

    def __init__(
        self,
        prices: PriceBook,
        names: ModelNames,
        restore: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take the parts.

        Args:
            prices: what models cost and hold.
            names: who answers where no model is named.
            restore: called once, before the first facts are told.
        """
        self._prices = prices
        self._names = names
        self._restore = restore
        self._restoring: asyncio.Future[None] | None = None
        self._facts: dict[tuple[str, str], ModelFacts] = {}
        self._listed: dict[tuple[str, str], Model] = {}

    async def facts(self, endpoint: Endpoint, model: str) -> ModelFacts:
        """What is known of a model, the endpoint's own where `model` is empty; never blocks.

        A window that the endpoint tells goes before a published one, and what the student set
        before both.
        """
        if self._restore is not None:
            self._restoring = self._restoring or asyncio.ensure_future(self._restore())
            await asyncio.shield(self._restoring)
        key = self._key(endpoint, model)
        if key not in self._facts:
            self._facts[key] = await asyncio.to_thread(self._prices.facts, endpoint, key[1])
        return self._as_listed(key)

    def known(self, endpoint: Endpoint, model: str) -> ModelFacts | None:
        """The same without waiting; `None` before `facts` was asked once."""
        key = self._key(endpoint, model)
        return self._as_listed(key) if key in self._facts else None

    def forget_prices(self) -> None:
        """Look prices and sizes up again, since the student set others."""
        self._facts.clear()

    def learn(self, endpoint: Endpoint, models: Sequence[Model]) -> bool:
        """Take what an endpoint lists; whether anything of it is news."""
        learnt = {
            (endpoint.name, model.id): model
            for model in models
            if model.context_window or model.max_output
        }
        renamed = self._names.listed(endpoint, models)
        news = any(self._listed.get(key) != model for key, model in learnt.items())
        self._listed.update(learnt)
        return renamed or news

    def _key(self, endpoint: Endpoint, model: str) -> tuple[str, str]:
        return endpoint.name, self._names.of(endpoint, model)

    def _as_listed(self, key: tuple[str, str]) -> ModelFacts:
        facts, listed = self._facts[key], self._listed.get(key)
        if listed is None or (facts.source == YOURS and facts.context_window):
            return facts
        return replace(
            facts,
            context_window=listed.context_window or facts.context_window,
            max_output=listed.max_output or facts.max_output,
            source=", ".join(filter(None, (key[0], facts.source))),
            as_of="",
        )
