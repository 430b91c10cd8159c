"""Looks up how the parts of a transcript look, when they are first drawn."""

from __future__ import annotations

import re

from rich.style import Style
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

_VARIABLE = re.compile(r"\$([\w-]+)")


class PartStyles:
    """Does what Textual does for component classes, but not before the first frame.

    Textual would parse their styles with all others, and apply them twice until there is a picture
    and again whenever the focus comes or goes.
    """

    def __init__(self, widget: Widget, css: str) -> None:
        """`css` has rules for children of `widget`, by their classes."""
        self._widget = widget
        self._css = css
        self._names = sorted(set(_VARIABLE.findall(css)))
        self._sheet = Stylesheet()
        self._variables: dict[str, str] = {}

    def turn(self) -> None:
        """Take over the colours of the app's theme, where it has others by now."""
        theme = self._widget.app.theme_variables
        variables = {name: theme[name] for name in self._names}
        if variables != self._variables:
            self._variables = variables
            self._sheet = Stylesheet(variables=variables)
            self._sheet.add_source(self._css)

    def of(self, name: str) -> Style:
        """Return the complete style of a class, on what the widget stands on."""
        node = DOMNode(classes=name)
        node._attach(self._widget)
        self._sheet.apply(node)
        return node.rich_style
