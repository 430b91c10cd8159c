"""What models cost and hold, as `studybuddy.domain.counting.PriceBook`."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studybuddy.domain.addresses import is_nearby
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.money import FREE, YOURS, ModelFacts, Rates, Tariff
from studybuddy.tokens.overlay import sizes_of, without_date, without_maker

if TYPE_CHECKING:
    from collections.abc import Callable

    from studybuddy.domain.settings import PriceSettings

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the price list says of a model."""

    tariff: Tariff | None = None
    context_window: int | None = None
    provider: str = ""
    source: str = ""
    as_of: str = ""


class Prices:
    """Prices and sizes; safe from several threads. The first look into the list takes 0.5 s.

    What the student set goes before everything. Models that run here are free: built-in ones, and
    those of servers on this computer, though one of these may be a proxy to models that cost
    something: then it is for the student to set what. Elsewhere a price is the one that the
    endpoint's own provider asks; at an address that the list does not know, every model is
    unpriced, since whoever runs it sets the price. That holds for private addresses and bare
    names of hosts too: a school's gateway may bill what it passes on.
    """

    def __init__(
        self,
        settings_prices: Mapping[str, PriceSettings],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the student's prices by model; `now` has a zone, since prices change on a day."""
        self._own: Mapping[str, PriceSettings] = {}
        self.use(settings_prices)
        self._now = now
        self._lock = Lock()
        self._broken = False

    def use(self, settings_prices: Mapping[str, PriceSettings]) -> None:
        """Go by other prices of the student's from now on."""
        own = {name.strip().lower(): given for name, given in settings_prices.items()}
        self._own = {without_maker(name): given for name, given in own.items()} | own

    def facts(self, endpoint: Endpoint, model: str) -> ModelFacts:
        """What is known of a model at an endpoint; the endpoint's own where `model` is empty."""
        model = model or endpoint.model
        facts = self._known(endpoint, model)
        own = self._own_of(model)
        return facts if own is None else _with_own(facts, own)

    def _own_of(self, model: str) -> PriceSettings | None:
        """What the student set for a model, or for the one that it is a snapshot of."""
        name = without_maker(model)
        for known_as in (model.strip().lower(), name, without_date(name)):
            if known_as in self._own:
                return self._own[known_as]
        return None

    def _known(self, endpoint: Endpoint, model: str) -> ModelFacts:
        if endpoint.kind in (EndpointKind.BUILT_IN, EndpointKind.LOCAL):
            return ModelFacts(FREE)  # its window is in the endpoint's list of models
        if endpoint.kind is EndpointKind.REMOTE and is_nearby(endpoint.base_url):
            return ModelFacts()  # like a server on this computer, it is asked for its window
        if not model:
            return ModelFacts()
        listed = self._listed(endpoint, model)
        sizes = sizes_of(model)
        if sizes is None:
            return ModelFacts(
                listed.tariff, listed.context_window, source=listed.source, as_of=listed.as_of
            )
        window = listed.context_window
        if window is None or listed.provider == sizes.maker:
            window = sizes.context_window
        return ModelFacts(listed.tariff, window, sizes.max_output, sizes.source, sizes.as_of)

    def _listed(self, endpoint: Endpoint, model: str) -> _Listed:
        from studybuddy.tokens import price_list

        with self._lock:  # one thread imports, the others wait for it
            if self._broken:
                return _Listed()
            try:
                price_list.providers()
            except ImportError:
                self._broken = True
                _LOG.warning("The price list is not installed; models are unpriced", exc_info=True)
                return _Listed()
        if endpoint.kind is EndpointKind.OPENAI and not _is_regional(endpoint.base_url):
            provider = price_list.provider_named("openai")
        else:
            provider = price_list.provider_at(endpoint.base_url)
        if provider is None:
            return _Listed()
        found = price_list.find_model(provider, model)
        if found is None:
            return _Listed(provider=provider.id)
        return _Listed(
            price_list.tariff_of(provider, found, self._now()),
            found.context_window,
            provider.id,
            price_list.version() if found.context_window else "",
            price_list.released() if found.context_window else "",
        )


def _is_regional(base_url: str) -> bool:
    """Whether it is one of OpenAI's regions, which ask more than the list says."""
    return (urlsplit(base_url).hostname or "").rstrip(".").endswith(".api.openai.com")


def _with_own(facts: ModelFacts, own: PriceSettings) -> ModelFacts:
    """The facts with what the student set in the place of what was known."""
    sized = (own.context_window or 0) > 0 or (own.max_output or 0) > 0
    return ModelFacts(
        _own_tariff(facts.tariff, own),
        _positive(own.context_window) or facts.context_window,
        _positive(own.max_output) or facts.max_output,
        YOURS if sized else facts.source,
        "" if sized else facts.as_of,
    )


def _own_tariff(known: Tariff | None, own: PriceSettings) -> Tariff | None:
    price, output = _decimal(own.input), _decimal(own.output)
    cached, cache_write = _decimal(own.cached), _decimal(own.cache_write)
    if price is None and output is None and cached is None and cache_write is None:
        return known
    if known is None:
        if price is None or output is None:
            return None  # half a price is none
        return Tariff((Rates(price, output, cached, cache_write),), YOURS)
    rates = tuple(
        Rates(
            rates.input if price is None else price,
            rates.output if output is None else output,
            rates.cached if cached is None else cached,
            rates.cache_write if cache_write is None else cache_write,
            rates.above,
        )
        for rates in known.rates
    )
    return replace(known, rates=rates, source=YOURS, as_of="")


def _decimal(amount: float | None) -> Decimal | None:
    """An amount of dollars as it was written; `None` where it is none."""
    if amount is None or not math.isfinite(amount) or amount < 0:
        return None
    return Decimal(str(amount))


def _positive(tokens: int | None) -> int | None:
    return tokens if tokens is not None and tokens > 0 else None
