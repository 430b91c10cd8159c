"""What models cost and hold."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from threading import Thread

import pytest
from genai_prices import Usage as ListedUsage
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider

from studybuddy.domain.counting import PriceBook
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.limits import Room
from studybuddy.domain.money import ModelFacts, Tariff
from studybuddy.domain.settings import PriceSettings
from studybuddy.domain.usage import Usage
from studybuddy.tokens import price_list
from studybuddy.tokens.price_list import find_model, provider_at, tariff_of
from studybuddy.tokens.prices import Prices

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
OPENAI = Endpoint("openai", "https://api.openai.com/v1", EndpointKind.OPENAI)


def remote(base_url: str, model: str = "") -> Endpoint:
    return Endpoint("there", base_url, EndpointKind.REMOTE, model)


def prices(own: Mapping[str, PriceSettings] | None = None) -> PriceBook:
    return Prices(own or {}, lambda: AT)


def facts(model: str, endpoint: Endpoint = OPENAI) -> ModelFacts:
    return prices().facts(endpoint, model)


def tariff(model: str, endpoint: Endpoint = OPENAI) -> Tariff:
    found = facts(model, endpoint).tariff
    assert found is not None
    return found


def listed_models() -> Iterator[tuple[Provider, ModelInfo]]:
    for provider in providers:
        for model in provider.models:
            yield provider, model


def usages(choose: random.Random, tariff: Tariff) -> Iterator[Usage]:
    """Requests of every size, and those at the edges of the tiers."""
    prompts = [choose.randrange(10**exponent) for exponent in (1, 4, 6, 9)]
    prompts += [rates.above + step for rates in tariff.rates for step in (0, 1)]
    for prompt in prompts:
        cached = choose.choice((0, prompt, choose.randint(0, prompt)))
        written = choose.choice((0, prompt - cached, choose.randint(0, prompt - cached)))
        yield Usage(prompt, choose.randrange(10**6), cached, cache_written=written)


def test_a_tariff_costs_what_the_price_list_computes_to_the_nanodollar() -> None:
    choose = random.Random(4)
    compared: dict[str, int] = {}
    for provider, model in listed_models():
        ours = tariff_of(provider, model, AT)
        if ours is None:
            continue
        for usage in usages(choose, ours):
            theirs = model.calc_price(
                ListedUsage(
                    input_tokens=usage.prompt,
                    output_tokens=usage.completion,
                    cache_read_tokens=usage.cached,
                    cache_write_tokens=usage.cache_written,
                ),
                provider,
                genai_request_timestamp=AT,
            ).total_price
            nanodollars = int((theirs * 10**9).to_integral_value(ROUND_HALF_UP))
            assert ours.cost(usage) == nanodollars, (provider.id, model.id, usage)
        compared[provider.id] = compared.get(provider.id, 0) + 1
    assert compared["openai"] > 50
    assert compared["anthropic"] > 20
    assert compared["google"] > 20
    assert sum(compared.values()) > 1800


def test_what_no_tariff_can_say_is_unpriced() -> None:
    unpriced = {(p.id, m.id) for p, m in listed_models() if tariff_of(p, m, AT) is None}
    assert ("deepseek", "deepseek-flash") in unpriced  # by the time of the day
    assert ("perplexity", "sonar-deep-research") in unpriced  # reasoning and citations apart
    assert ("openai", "gpt-audio") in unpriced
    assert ("openai", "gpt-4o-search-preview") in unpriced  # a fee for each search
    assert ("openai", "text-embedding-3-small") in unpriced
    assert ("openai", "whisper-1") in unpriced
    assert ("google", "gemini-2.5-flash-image") in unpriced
    assert ("github-copilot", "gpt-4o") in unpriced  # in a subscription
    assert {m.id for p, m in listed_models() if p.id == "zhipuai"} <= {
        model for provider, model in unpriced if provider == "zhipuai"
    }  # the lowest of several prices, from another currency


def test_a_price_is_free_only_where_the_name_says_so_or_the_list_has_zeros() -> None:
    for provider, model in listed_models():
        ours = tariff_of(provider, model, AT)
        if ours is not None and ours.free:
            assert model.id.endswith(":free") or vars(model.get_prices(AT)), model.id


def test_fees_per_request_are_in_the_tariff_and_told_to_be_the_highest() -> None:
    sonar = tariff("sonar", remote("https://api.perplexity.ai"))
    assert sonar.per_request == Decimal("0.012")
    assert sonar.source.endswith(", at most")


def test_prices_change_on_their_day() -> None:
    openai, dated = next((p, m) for p, m in listed_models() if (p.id, m.id) == ("openai", "o3"))
    before, after = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    assert tariff_of(openai, dated, before) != tariff_of(openai, dated, after)


@pytest.mark.parametrize(
    "name", ["gpt-4o", "GPT-4o", " gpt-4o ", "openai/gpt-4o", "gpt-4o-2024-11-20"]
)
def test_names_are_taken_as_they_are_written(name: str) -> None:
    assert tariff(name).rates[0].input == Decimal("2.5")
    assert facts(name).max_output == 16_384


@pytest.mark.parametrize(
    ("name", "price"),
    [
        ("ft:gpt-4o-mini-2024-07-18:school::abc", "0.3"),
        ("ft:gpt-4o-mini:school::abc", "0.3"),
        ("ft:gpt-4o:school::abc", "3.75"),
        ("ft:gpt-3.5-turbo-0125:school::abc", "3"),
    ],
)
def test_tuned_models_have_their_own_price_and_the_size_of_their_base(
    name: str, price: str
) -> None:
    assert tariff(name).rates[0].input == Decimal(price)
    assert facts(name).context_window in (128_000, 16_385)


def test_a_snapshot_with_another_price_has_it() -> None:
    assert tariff("gpt-4o-2024-05-13").rates[0].input == 5
    assert facts("gpt-4o-2024-05-13").context_window == 128_000


@pytest.mark.parametrize("name", ["gpt-99", "gpt-4o-2030-01-01", "gpt-6-luna-mini", "llama3"])
def test_an_unknown_model_is_unpriced(name: str) -> None:
    assert facts(name).tariff is None


@pytest.mark.parametrize(
    ("base_url", "model", "price"),
    [
        ("https://openrouter.ai/api/v1", "openai/gpt-4o", "2.5"),
        ("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", "0.59"),
        ("https://api.anthropic.com/v1", "claude-opus-5-5", "4"),
        ("http://api.anthropic.com:443/v1/", "Claude-Opus-5-5", "4"),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai",
            "models/gemini-2.5-pro",
            "1.25",
        ),
        ("https://school.openai.azure.com/openai/v1", "gpt-4o", "2.5"),
        ("https://api.mistral.ai/v1", "mistral-large-2512", "0.5"),
    ],
)
def test_the_host_says_whose_price_it_is(base_url: str, model: str, price: str) -> None:
    assert tariff(model, remote(base_url)).rates[0].input == Decimal(price)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://proxy.example.org/v1",
        "https://api.openai.com.example.org/v1",
        "https://api.groq.community/v1",
        "https://example.org/api.openai.com/v1",
    ],
)
def test_at_an_unknown_host_every_model_is_unpriced(base_url: str) -> None:
    unknown = facts("gpt-4o", remote(base_url))
    assert unknown.tariff is None
    assert unknown.context_window == 128_000  # which is the model's, whoever serves it


def test_a_region_of_openai_that_asks_more_is_unpriced() -> None:
    region = Endpoint("openai", "https://eu.api.openai.com/v1", EndpointKind.OPENAI)
    assert facts("gpt-6-luna", region).tariff is None


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("built-in", "", EndpointKind.BUILT_IN),
        Endpoint("ollama", "http://127.0.0.1:11434/v1", EndpointKind.LOCAL),
    ],
)
def test_what_runs_here_is_free_and_says_its_window_itself(endpoint: Endpoint) -> None:
    found = facts("llama3", endpoint)
    assert found.tariff is not None
    assert found.tariff.free
    assert found.context_window is None


@pytest.mark.parametrize(
    "endpoint",
    [
        remote("http://192.168.1.20:11434/v1"),
        remote("http://[fd12::1]:8000/v1"),
        remote("http://studio.local:1234/v1"),
        remote("http://gateway/v1"),
    ],
)
def test_a_gateway_on_the_own_network_is_unpriced_until_its_price_is_set(
    endpoint: Endpoint,
) -> None:
    for model in ("llama3", "gpt-4o"):
        found = facts(model, endpoint)
        assert found.tariff is None
        assert found.context_window is None  # it says that itself
    own = Prices({"llama3": PriceSettings(input=0.0, output=0.0)}, lambda: AT)
    free = own.facts(endpoint, "llama3").tariff
    assert free is not None
    assert free.free


def test_every_price_of_the_list_has_the_day_on_which_the_list_was_published() -> None:
    assert price_list.released() in price_list.RELEASES.values()  # add the release where it fails
    found = facts("gpt-4o")
    assert found.tariff is not None
    assert date.fromisoformat(found.tariff.as_of) >= date(2026, 11, 10)


def test_the_endpoint_names_the_model_where_nobody_else_does() -> None:
    endpoint = Endpoint("openai", OPENAI.base_url, EndpointKind.OPENAI, "gpt-4o")
    assert prices().facts(endpoint, "") == facts("gpt-4o")
    assert prices().facts(OPENAI, "") == ModelFacts()


@pytest.mark.parametrize(
    ("model", "room"),
    [("gpt-3.5-turbo", 12_289), ("gpt-4", 4_096), ("gpt-4o", 111_616), ("gpt-6-luna", 922_000)],
)
def test_the_room_for_a_prompt_is_the_window_without_the_longest_answer(
    model: str, room: int
) -> None:
    assert Room.of(facts(model), None).prompt == room


def test_tiers_are_taken_over_with_their_cache_rates() -> None:
    first, second = tariff("gpt-6-luna").rates
    assert (first.above, second.above) == (0, 272_000)
    assert (first.input, second.input) == (Decimal("0.1"), Decimal("0.2"))
    assert (first.cached, second.cached) == (Decimal("0.01"), Decimal("0.02"))


def test_the_students_price_goes_before_the_list() -> None:
    own = prices({"gpt-4o": PriceSettings()}).facts(OPENAI, "gpt-4o")
    assert own == facts("gpt-4o")  # nothing was set
    given = PriceSettings(input=1.1, output=2.2, context_window=9_000, max_output=1_000)
    own = prices({"GPT-4o": given}).facts(OPENAI, "openai/gpt-4o-2024-11-20")
    assert own.tariff is not None
    assert own.tariff.cost(Usage(1_000_000, 1_000_000)) == 3_300_000_000
    assert own.tariff.source == own.source == "your settings"
    assert (own.context_window, own.max_output) == (9_000, 1_000)


def test_a_part_of_a_price_is_merged_over_what_is_known() -> None:
    own = prices({"gpt-6-luna": PriceSettings(cached=0.0)}).facts(OPENAI, "gpt-6-luna")
    assert own.tariff is not None
    assert [rates.cached for rates in own.tariff.rates] == [0, 0]
    assert [rates.input for rates in own.tariff.rates] == [Decimal("0.1"), Decimal("0.2")]
    assert own.context_window == 1_050_000


def test_half_a_price_of_an_unknown_model_is_none() -> None:
    assert prices({"x": PriceSettings(input=1.0)}).facts(OPENAI, "x").tariff is None
    whole = prices({"x": PriceSettings(input=1.0, output=0.0)}).facts(OPENAI, "x").tariff
    assert whole is not None
    assert not whole.free


def test_a_model_that_runs_here_can_be_given_a_price() -> None:
    here = Endpoint("ollama", "http://127.0.0.1:11434/v1", EndpointKind.LOCAL)
    own = prices({"llama3": PriceSettings(output=1.0)}).facts(here, "llama3").tariff
    assert own is not None
    assert own.cost(Usage(500, 1_000_000)) == 1_000_000_000


def test_prices_that_are_none_are_left_out() -> None:
    for bad in (float("nan"), float("inf"), -1.0):
        given = prices({"gpt-4o": PriceSettings(input=bad, max_output=-5)})
        assert given.facts(OPENAI, "gpt-4o") == facts("gpt-4o")


def test_a_tuned_models_price_is_not_its_bases() -> None:
    own = prices({"gpt-4o-mini": PriceSettings(input=9.0)})
    found = own.facts(OPENAI, "ft:gpt-4o-mini-2024-07-18:school::abc").tariff
    assert found is not None
    assert found.rates[0].input == Decimal("0.3")


def test_several_threads_may_ask_at_once() -> None:
    shared, found = prices(), []
    threads = [
        Thread(target=lambda: found.append(shared.facts(OPENAI, "gpt-4o"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [facts("gpt-4o")] * 8


def test_every_model_of_the_list_is_found_at_its_provider_by_its_own_id() -> None:
    for name in ("gpt-6-luna", "gpt-5.6-sol", "gpt-4.1-nano", "o4-mini"):
        provider = provider_at("https://api.openai.com/v1")
        assert provider is not None
        found = find_model(provider, name)
        assert found is not None
        assert found.id == name


def test_making_a_price_book_loads_nothing_and_free_models_need_no_list() -> None:
    code = (
        "from studybuddy.tokens.prices import Prices\n"
        "from studybuddy.domain.endpoints import Endpoint, EndpointKind\n"
        "Prices({}).facts(Endpoint('b', '', EndpointKind.BUILT_IN), 'm')\n"
        "import sys; print({'genai_prices', 'pydantic', 'httpx2'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
