"""Estimates become better by what endpoints report.

A model whose tokenizer is not known is counted with another one's. What its endpoint reports tells
by which factor its tokens are more or fewer, and how many its chat format adds to each request.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from studybuddy.domain.counting import Correction, EstimateStore
from studybuddy.domain.problems import StudyBuddyError

_logger = logging.getLogger(__name__)

MOST = 32
"""Observations that are kept of a model."""
FACTORS = (0.6, 4.0)
"""Bounds of what is learned: more would be a fault of a server's, not of a tokenizer's. Hardly any
vocabulary has fewer tokens than the one that counts here, and none has half as many."""
OVERHEADS = (-16.0, 8000.0)

_FADE = 0.93  # what an observation weighs for each newer one
# What is believed before there are observations, as standard deviations of normal distributions:
# the factor is 1 and the overhead 0.
_FACTOR_SPREAD = 0.5
_LOW_SPREAD = 0.1  # below 1: other vocabularies are seldom much thriftier
_OVERHEAD_SPREADS = (30.0, 600.0)  # tokens: of a chat format, and of a prompt that is not seen
_NOISE = 2.0  # tokens, and of each counted token:
_NOISE_SHARE = 0.03
_OUTLIER = 3.0  # standard deviations of the noise from which on an observation loses weight
_ROUNDS = 12


Seen = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Fit:
    """Reported tokens are `factor` times the counted ones, and `overhead` for each request."""

    factor: float = 1.0
    overhead: float = 0.0

    def scaled(self, tokens: int) -> int:
        """Tokens of a text."""
        return round(tokens * self.factor)

    def added(self, priming: int) -> int:
        """Tokens that a request has beside its messages."""
        return max(0, round(priming * self.factor + self.overhead))

    @property
    def doubt(self) -> float:
        """What a corrected count is to be multiplied by to be no less than the uncorrected one."""
        return max(1.0, 1.0 / self.factor)


def observed(correction: Correction, counted: int, reported: int) -> Correction:
    """With one more observation; the oldest goes, and so does what no tokenizer can explain.

    A report that is far below the count is one of a server that leaves out what its cache held. It
    is not taken, and neither is what the same server told before that was below the count.
    """
    low, high = FACTORS
    if counted <= 0 or reported <= 0 or reported > counted * high + OVERHEADS[1]:
        return correction
    if reported < counted * low + OVERHEADS[0]:
        credible = tuple(pair for pair in correction.observations if pair[1] >= pair[0])
        if credible == correction.observations:
            return correction
        return Correction(credible)
    return Correction((*correction.observations, (counted, reported))[-MOST:])


def fit(correction: Correction, *, scales: bool = True) -> Fit:
    """What the observations say: a weighted fit in which outliers lose their weight.

    Args:
        correction: the observations.
        scales: whether the factor is to be found; else it is 1, and only the overhead is.
    """
    seen = correction.observations
    if not seen:
        return Fit()
    weights = [
        _FADE ** (len(seen) - 1 - number) / _noise(counted) ** 2
        for number, (counted, _) in enumerate(seen)
    ]
    fits = [(_solved(seen, weights, spread, scales=scales), spread) for spread in _OVERHEAD_SPREADS]
    found, _ = min(fits, key=lambda one: _unlikeliness(seen, weights, *one))
    return found


def _solved(seen: Seen, weights: Sequence[float], spread: float, *, scales: bool) -> Fit:
    found = Fit()
    trust = [1.0] * len(seen)
    for _ in range(_ROUNDS):
        trusted = [weight * share for weight, share in zip(weights, trust, strict=True)]
        found = _solve(seen, trusted, spread, scales=scales)
        trust = [_trust(counted, reported, found) for counted, reported in seen]
    return found


def _unlikeliness(seen: Seen, weights: Sequence[float], found: Fit, spread: float) -> float:
    """How much has to be assumed for a fit: twice the negative logarithm of its probability."""
    likely = _FACTOR_SPREAD if found.factor >= 1.0 else _LOW_SPREAD
    assumed = ((found.factor - 1.0) / likely) ** 2 + (found.overhead / spread) ** 2
    off = (
        weight * (reported - found.factor * counted - found.overhead) ** 2 / _OUTLIER**2
        for (counted, reported), weight in zip(seen, weights, strict=True)
    )
    return assumed + 2 * math.log(spread) + _OUTLIER**2 * sum(map(math.log1p, off))


def _noise(counted: int) -> float:
    return _NOISE + _NOISE_SHARE * counted


def _trust(counted: int, reported: int, found: Fit) -> float:
    noise = _OUTLIER * _noise(counted)
    return 1.0 / (1.0 + ((reported - found.factor * counted - found.overhead) / noise) ** 2)


def _solve(seen: Seen, weights: Sequence[float], spread: float, *, scales: bool) -> Fit:
    """Least squares with both priors, within the bounds."""
    plain = sum(weights) + spread**-2
    mixed = square = more = more_mixed = 0.0
    for (counted, reported), weight in zip(seen, weights, strict=True):
        mixed += weight * counted
        square += weight * counted**2
        more += weight * (reported - counted)
        more_mixed += weight * (reported - counted) * counted
    factor = 1.0
    if scales:
        beyond = more_mixed * plain - more * mixed
        likely = _FACTOR_SPREAD if beyond >= 0 else _LOW_SPREAD
        factor += beyond / ((square + likely**-2) * plain - mixed**2)
    factor = min(max(factor, FACTORS[0]), FACTORS[1])
    overhead = (more - (factor - 1.0) * mixed) / plain
    return Fit(factor, min(max(overhead, OVERHEADS[0]), OVERHEADS[1]))


class Estimates:
    """What was learned of each model; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._corrections: dict[str, Correction] = {}
        self._fits: dict[tuple[str, bool], Fit] = {}
        self._store: EstimateStore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def fit(self, model: str, *, scales: bool) -> Fit:
        """How counts for a model are to be corrected; quick."""
        key = model.strip().lower(), scales
        found = self._fits.get(key)
        if found is None:
            with self._lock:
                found = fit(self._corrections.get(key[0], Correction()), scales=scales)
                self._fits[key] = found
        return found

    def learn(self, model: str, counted: int, reported: int) -> bool:
        """Take in what was reported of a request; whether it was believed.

        Args:
            model: who answered.
            counted: its prompt tokens as they were counted without correction.
            reported: those that the endpoint reported.
        """
        name = model.strip().lower()
        if not name:  # any model of any endpoint
            return False
        with self._lock:
            before = self._corrections.get(name, Correction())
            after = observed(before, counted, reported)
            if after is before:
                return False
            self._set(name, after)
        for scales in (True, False):  # here, and not at the next key
            self.fit(name, scales=scales)
        if self._store is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._keep, name, after)
        return after.observations[-1:] == ((counted, reported),)

    async def restore(self, store: EstimateStore) -> None:
        """Take over what was learned in earlier runs of the app, and write there from now on.

        Where the disk fails, that is logged: estimates are as good as they can be.
        """
        try:
            stored: Mapping[str, Correction] = await store.estimates()
        except StudyBuddyError as error:
            _logger.warning("what was learned of token counts can't be read: %s", error)
            return
        with self._lock:
            for name, correction in stored.items():
                newer = self._corrections.get(name, Correction())
                together = Correction()
                for pair in (*correction.observations, *newer.observations):
                    together = observed(together, *pair)
                self._set(name, together)
        self._store, self._loop = store, asyncio.get_running_loop()

    def _set(self, name: str, correction: Correction) -> None:
        self._corrections[name] = correction
        for scales in (True, False):
            self._fits.pop((name, scales), None)

    def _keep(self, name: str, correction: Correction) -> None:
        task = asyncio.create_task(self._write(name, correction))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, name: str, correction: Correction) -> None:
        if self._store is None:
            return
        try:
            await self._store.keep_estimate(name, correction)
        except StudyBuddyError as error:
            _logger.warning("what was learned of token counts can't be written: %s", error)
