"""Figures, and the table that sets them side by side."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Samples = Sequence[float]


def percentile(samples: Samples, share: float) -> float:
    """Return the sample below which `share` of them lie; the nearest one, not a mean of two."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(samples: Samples) -> str:
    """Write the median with the least and the greatest."""
    middle, least, most = statistics.median(samples), min(samples), max(samples)
    return (
        _number(middle)
        if len(samples) == 1
        else (f"{_number(middle)} ({_number(least)}–{_number(most)})")
    )


def quantiles(samples: Samples) -> str:
    """Write median, 95th percentile and maximum."""
    values = statistics.median(samples), percentile(samples, 0.95), max(samples)
    return " / ".join(_number(value) for value in values)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    """What was measured, and its unit."""
    samples: Mapping[str, Samples]
    """By program."""
    show: Callable[[Samples], str] = spread
    ratio: tuple[str, str] | None = None
    """The programs whose medians are divided."""
    wanted: str = ""
    """What is to be reached."""


@dataclass(slots=True)
class Report:
    """What was measured so far."""

    programs: Sequence[str]
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What could not be measured, and why."""

    def add(self, *figures: Figure) -> None:
        """Add lines to the table."""
        self.figures += figures

    def table(self) -> str:
        """Write all of it as a Markdown table, and the notes below."""
        lines = [
            ["figure", *self.programs, "ratio", "to reach"],
            ["---"] * (len(self.programs) + 3),
        ]
        for figure in self.figures:
            cells = [figure.samples.get(program) for program in self.programs]
            shown = [figure.show(samples) if samples else "" for samples in cells]
            lines.append([figure.name, *shown, self._ratio(figure), figure.wanted])
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n".join([table, *(f"\n- {note}" for note in self.notes)])

    def raw(self) -> dict[str, dict[str, list[float]]]:
        """Return every sample, by figure and program, for keeping as JSON."""
        return {
            figure.name: {program: list(values) for program, values in figure.samples.items()}
            for figure in self.figures
        }

    @staticmethod
    def _ratio(figure: Figure) -> str:
        if figure.ratio is None:
            return ""
        above, below = (figure.samples.get(program) for program in figure.ratio)
        if not above or not below or not statistics.median(below):
            return ""
        return f"{statistics.median(above) / statistics.median(below):.2f}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
