"""Which model answers at endpoints that name none: one place, so that all count for the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.default_model import default_of

if TYPE_CHECKING:
    from studybuddy.domain.endpoints import Endpoint, Model


class ModelNames:
    """Models of endpoints, by what they list and how they answer.

    A name that the endpoint lists goes before one that it answers with, which may be that of a
    snapshot; and of those listed, the one that answered before the one that would be asked.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        """By the endpoints' names."""
        self._listed: dict[str, frozenset[str]] = {}

    def of(self, endpoint: Endpoint, model: str = "") -> str:
        """The model that answers; empty where an endpoint's default one is not known yet."""
        return model or endpoint.model or self._names.get(endpoint.name, "")

    def suppose(self, endpoint: Endpoint, model: str) -> None:
        """Take a model that answered there once, where nothing better is known."""
        if model and not endpoint.model:
            self._names.setdefault(endpoint.name, model)

    def answered(self, endpoint: Endpoint, model: str) -> bool:
        """Take the model that answers there now; whether that is news."""
        listed = self._listed.get(endpoint.name)
        if not model or endpoint.model or (listed and model not in listed):
            return False
        return self._put(endpoint, model)

    def listed(self, endpoint: Endpoint, models: Sequence[Model]) -> bool:
        """Take what the endpoint lists; whether another one answers than was thought."""
        if endpoint.model or not models:
            return False
        names = self._listed[endpoint.name] = frozenset(model.id for model in models)
        if self._names.get(endpoint.name) in names:
            return False
        return self._put(endpoint, default_of([model.id for model in models]))

    def _put(self, endpoint: Endpoint, model: str) -> bool:
        news = self._names.get(endpoint.name) != model
        self._names[endpoint.name] = model
        return news
