"""The table of what models hold."""

from __future__ import annotations

from datetime import date

import pytest

from studybuddy.tokens.overlay import _ROWS, sizes_of


@pytest.mark.parametrize(
    ("model", "window", "longest"),
    [
        ("gpt-3.5-turbo", 16_385, 4_096),
        ("gpt-4", 8_192, 8_192),
        ("gpt-4-turbo-2024-04-09", 128_000, 4_096),
        ("gpt-4o-mini", 128_000, 16_384),
        ("gpt-4.1-nano-2025-04-14", 1_047_576, 32_768),
        ("o4-mini", 200_000, 100_000),
        ("gpt-5", 400_000, 128_000),
        ("gpt-5.6-sol", 1_050_000, 128_000),
        ("gpt-6-luna-2026-09-22", 1_050_000, 128_000),
        ("openai/gpt-6.1-terra", 1_050_000, 128_000),
        ("anthropic/claude-opus-5.5", 1_000_000, 128_000),
        ("claude-sonnet-4-5-20250929", 200_000, 64_000),
        ("models/gemini-2.5-flash", 1_048_576, 65_535),
    ],
)
def test_published_sizes_are_known(model: str, window: int, longest: int) -> None:
    found = sizes_of(model)
    assert found is not None
    assert (found.context_window, found.max_output) == (window, longest)


@pytest.mark.parametrize("model", ["", "gpt", "gpt-99", "gpt-4o:free", "my-gpt-4o", "ft:"])
def test_others_are_not_guessed(model: str) -> None:
    assert sizes_of(model) is None


def test_every_row_has_a_source_and_a_date_and_every_name_one_row() -> None:
    names = [name for _, row in _ROWS for name in row.split()]
    assert len(names) == len(set(names))
    for sizes, _ in _ROWS:
        assert sizes.source
        assert "://" not in sizes.source
        date.fromisoformat(sizes.as_of)
        assert 0 < sizes.max_output <= sizes.context_window
