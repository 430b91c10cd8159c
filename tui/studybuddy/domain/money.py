"""What tokens cost: prices, and sums that are exact.

Amounts of money are whole nanodollars (1e-9 dollar), so that sums agree with their parts to the
last digit: the cheapest token known costs a few of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from studybuddy.domain.usage import Usage

NANODOLLARS = 1_000_000_000
"""In a dollar."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars for a million tokens."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    """For prompt tokens from the server's cache; `None` for the input rate."""
    cache_write: Decimal | None = None
    """For prompt tokens written to it; `None` for the input rate."""
    above: int = 0
    """These rates hold, for all tokens of a request, where it has more prompt tokens than that."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """What one model's requests cost."""

    rates: tuple[Rates, ...]
    """In ascending order of `above`; the first one's is 0."""
    source: str = ""
    """Where the prices are from, such as "genai-prices 0.2.3"."""
    as_of: str = ""
    """ISO date on which they were last looked up; empty where the source does not say."""
    per_request: Decimal = Decimal(0)
    """Dollars for each request, beside its tokens."""

    @property
    def free(self) -> bool:
        """Whether nothing is ever to be paid."""
        return self.per_request == 0 and not any(r.input or r.output for r in self.rates)

    def rates_for(self, prompt_tokens: int) -> Rates:
        """The rates of a request of that many prompt tokens."""
        return next((r for r in reversed(self.rates) if prompt_tokens > r.above), self.rates[0])

    def cost(self, usage: Usage) -> int:
        """Nanodollars of one request, rounded half up."""
        rates = self.rates_for(usage.prompt)
        cached = min(usage.cached, usage.prompt)
        written = min(usage.cache_written, usage.prompt - cached)
        millionths = (
            (usage.prompt - cached - written) * rates.input
            + cached * (rates.input if rates.cached is None else rates.cached)
            + written * (rates.input if rates.cache_write is None else rates.cache_write)
            + usage.completion * rates.output
        )
        dollars = millionths / 1_000_000 + self.per_request
        return int((dollars * NANODOLLARS).to_integral_value(ROUND_HALF_UP))


FREE = Tariff((Rates(Decimal(0), Decimal(0)),), source="runs on this computer")
"""Of models that run here."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What requests cost together; those whose price nobody knows are counted beside it."""

    nanodollars: int = 0
    unpriced: int = 0
    """Requests that the sum leaves out."""
    free: bool = True
    """Whether every request was one of a model that costs nothing."""

    @classmethod
    def of(cls, tariff: Tariff | None, usage: Usage) -> Cost:
        """Of one request; `None` for a tariff that nobody knows."""
        if tariff is None:
            return cls(unpriced=1, free=False)
        return cls(tariff.cost(usage), free=tariff.free)

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.nanodollars + other.nanodollars,
            self.unpriced + other.unpriced,
            self.free and other.free,
        )

    def __str__(self) -> str:
        """As it is shown: "$0.0123", "free", "unpriced", or "$0.0123 + unpriced"."""
        if self.free:
            return "free"
        if not self.unpriced:
            return dollars(self.nanodollars)
        return f"{dollars(self.nanodollars)} + unpriced" if self.nanodollars else "unpriced"


def dollars(nanodollars: int) -> str:
    """An amount for a glance: cents from ten cents on, else two digits that say something.

    "$12.34", "$0.10", "$0.012", "$0.00034", "<$0.000001", "$0".
    """
    if nanodollars == 0:
        return "$0"
    if nanodollars < 1000:
        return "<$0.000001"
    amount = Decimal(nanodollars) / NANODOLLARS
    if amount >= Decimal("0.1"):
        return f"${amount:,.2f}"
    digits = -amount.adjusted() + 1
    return f"${amount:.{min(digits, 6)}f}"


def exact_dollars(nanodollars: int) -> str:
    """All of an amount, in dollars: "0.000001234"; for exports."""
    return f"{Decimal(nanodollars) / NANODOLLARS:f}"


YOURS = "your settings"
"""The source of what the student set."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model beside its name."""

    tariff: Tariff | None = None
    """`None` where its price is not known: unpriced, which is not free."""
    context_window: int | None = None
    """Tokens of prompt and answer together; `None` where nobody says."""
    max_output: int | None = None
    """Tokens of the longest answer it gives; `None` where nobody says."""
    source: str = ""
    """Where window and longest answer are from."""
    as_of: str = ""
    """ISO date on which they were last looked up."""
