"""The prices of genai-prices, as our tariffs.

Importing the list takes 0.4 to 0.5 s, so it is imported on first use, off the key path. Its data
is taken as it is in the package: its live update is never started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studybuddy.domain.money import Rates, Tariff

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

_OUR_HOSTS = {
    "api.moonshot.ai": "moonshotai",
    "api.together.ai": "together",
    "generativelanguage.googleapis.com": "google",
}
"""Hosts that the list's patterns leave out or match in part only, and their providers."""

_ROUGH = {"zhipuai", "databricks"}
"""Providers whose prices are, in the list, the lowest of several, or of one region only."""
_HIGHEST = {"perplexity", "cloudflare"}
"""Those of which the list has the highest price: with the highest fee, without free allowances."""

_TOLD_APART = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"}
_NEVER_USED = {
    # What a request of text, without tools, never has.
    *("web_searches_kcount", "storage_searches_kcount"),
    *("cache_write_5m_mtok", "cache_write_1h_mtok"),
    *("input_audio_mtok", "cache_audio_read_mtok", "input_video_mtok"),
    *("input_image_mtok", "cache_image_read_mtok"),
}
RELEASES = {"0.2.3": "2026-11-10"}
"""Days on which releases of the list came to the package index."""

_SEARCHES = re.compile(r"\bsearch\b|\bdeep-research\b")
"""In the names of models that look things up for every answer, for a fee the list leaves out."""

_UNDATED_TUNED = {
    "ft:gpt-4o-mini": "ft:gpt-4o-mini-2024-07-18",
    "ft:gpt-4o": "ft:gpt-4o-2024-08-06",
}
"""The snapshots that can be tuned, for names that leave the date out."""


def providers() -> Sequence[Provider]:
    """Every provider of the list; slow at first.

    Raises:
        ImportError: where the package is not installed as it should be.
    """
    from genai_prices.data import providers

    return providers


def version() -> str:
    """The list's name and version."""
    import genai_prices

    return f"genai-prices {genai_prices.__version__}"


def released() -> str:
    """ISO date on which the list was published; empty for a release that is not known here.

    Its rows have no dates of their own.
    """
    import genai_prices

    return RELEASES.get(genai_prices.__version__, "")


def provider_at(base_url: str) -> Provider | None:
    """The provider that listens at a base URL; `None` for one that the list does not know."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").rstrip(".")
    if host in _OUR_HOSTS:
        return provider_named(_OUR_HOSTS[host])
    origin = f"https://{host}"
    for provider in providers():
        found = re.match(provider.api_pattern, origin + parts.path)
        if found is not None and found.end() >= len(origin):  # the whole host, not its beginning
            return provider
    return None


def provider_named(name: str) -> Provider | None:
    """The provider of that id."""
    return next((provider for provider in providers() if provider.id == name), None)


def find_model(provider: Provider, model: str) -> ModelInfo | None:
    """A provider's model by its name as users write it."""
    for reference in _references(provider, model):
        found = provider.find_model(reference, all_providers=list(providers()))
        if found is not None:
            return found
    return None


def _references(provider: Provider, model: str) -> Iterator[str]:
    name = model.strip().lower()
    yield name
    maker, slash, rest = name.partition("/")
    if slash and maker in (provider.id, "models"):
        name = rest
        yield name
    tuned = ":".join(name.split(":")[:2])
    if tuned in _UNDATED_TUNED:
        yield name.replace(tuned, _UNDATED_TUNED[tuned], 1)


def tariff_of(provider: Provider, model: ModelInfo, at: datetime) -> Tariff | None:
    """What a model costs for text at a time, which has a zone; `None` where no tariff can say it.

    That is where the price depends on the time of the day or on the region, where reasoning,
    citations, pictures or sound in the answer have prices of their own, or where there is none
    for text.
    """
    from genai_prices.types import ModelPrice, TimeOfDateConstraint

    if provider.id in _ROUGH:
        return None
    if not isinstance(model.prices, ModelPrice) and any(
        isinstance(choice.constraint, TimeOfDateConstraint) for choice in model.prices
    ):
        return None
    if _SEARCHES.search(model.id):
        return None
    source = f"{version()}, at most" if provider.id in _HIGHEST else version()
    return _tariff(_keys(model.get_prices(at)), source, free=model.id.endswith(":free"))


def _keys(price: ModelPrice) -> Mapping[str, object]:
    return {key: value for key, value in vars(price).items() if value is not None}


def _tariff(prices: Mapping[str, object], source: str, *, free: bool) -> Tariff | None:
    if not prices and free:
        return Tariff((Rates(Decimal(0), Decimal(0)),), source, released())
    known = _TOLD_APART | _NEVER_USED | {"requests_kcount"}
    if not {"input_mtok", "output_mtok"} <= prices.keys() or prices.keys() - known:
        return None
    per_thousand = prices.get("requests_kcount", Decimal(0))
    if not isinstance(per_thousand, Decimal):
        return None
    thresholds = sorted({0, *(t for key in _TOLD_APART for t in _thresholds(prices.get(key)))})
    rates = tuple(_rates(prices, above) for above in thresholds)
    return Tariff(rates, source, released(), per_request=per_thousand / 1000)


def _rates(prices: Mapping[str, object], above: int) -> Rates:
    return Rates(
        input=_at(prices["input_mtok"], above) or Decimal(0),
        output=_at(prices["output_mtok"], above) or Decimal(0),
        cached=_at(prices.get("cache_read_mtok"), above),
        cache_write=_at(prices.get("cache_write_mtok"), above),
        above=above,
    )


def _thresholds(price: object) -> Iterator[int]:
    from genai_prices.types import TieredPrices

    if isinstance(price, TieredPrices):
        yield from (tier.start for tier in price.tiers)


def _at(price: object, above: int) -> Decimal | None:
    """The price for requests of more prompt tokens than `above`.

    As in the list, a tier's price holds for all tokens of a request that is over its start.
    """
    from genai_prices.types import TieredPrices

    if isinstance(price, TieredPrices):
        reached = [tier.price for tier in price.tiers if tier.start <= above]
        return reached[-1] if reached else price.base
    return price if isinstance(price, Decimal) else None
