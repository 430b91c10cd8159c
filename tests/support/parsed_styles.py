"""Styles that are parsed once for all the apps of a test run, and not once for each."""

from __future__ import annotations

from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


def keep_parsed(patch: pytest.MonkeyPatch) -> None:
    """Give each stylesheet the rules that another one made of the same text and variables.

    Textual itself uses the rules of one parsing for all its stylesheet's later ones.
    """
    parse = Stylesheet._parse_rules
    known: dict[object, list[RuleSet]] = {}

    def parsed(self: Stylesheet, css: str, *args: Any, **options: Any) -> list[RuleSet]:
        variables = tuple(sorted(self._variables.items()))
        key = (css, variables, str(args), str(sorted(options.items())))
        if key not in known:
            known[key] = parse(self, css, *args, **options)
        return known[key]

    patch.setattr(Stylesheet, "_parse_rules", parsed)
