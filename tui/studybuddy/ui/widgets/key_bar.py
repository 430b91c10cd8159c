"""The line of keys at the bottom: what can be pressed right now."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widgets import Static

from studybuddy.ui.commands import COMMANDS, Scope, key_names


class KeyBar(Static):
    """Shows the active bindings that have a label, in one render; a click runs them.

    Textual's own Footer makes a widget for each key again at every change of state, which
    costs start-up time and shows while an answer streams.
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def _bindings_updated(self, screen: Screen[object]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        shown: dict[str, Content] = {}
        for node, binding, enabled, _ in screen.active_bindings.values():
            if binding.show and enabled and binding.id and binding.id not in shown:
                where = "screen" if node is screen else "focused"
                shown[binding.id] = _key(binding, f"{where}.{binding.action}")
        known = [command for command in COMMANDS if command.id in shown]
        known.sort(key=lambda command: command.scope is Scope.EVERYWHERE)  # what is near first
        keys = [shown[command.id] for command in known]
        content = Content("  ").join(keys)
        if content != self.content:
            self.update(content, layout=False)


def _key(binding: Binding, action: str) -> Content:
    text = Content.assemble(
        (key_names(binding.key), "bold $footer-key-foreground"), f" {binding.description}"
    )
    return text.stylize(Style.from_meta({"@click": action}))
