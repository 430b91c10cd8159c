"""The line of keys at the bottom: what can be pressed right now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widgets import Static

from studybuddy.ui.commands import COMMANDS, Scope, key_names

_BETWEEN = "  "
_FIRST = ("help", "mode", "model", "notes", "new", "find", "palette", "retry")
"""What comes first of all that works everywhere; it has room in 80 columns."""


class KeyBar(Static):
    """Shows the active bindings that have a label, in one render; a click runs them.

    What matters most comes first, and what has no room is left out whole. Textual's own Footer
    makes a widget for each key again at every change of state, which costs start-up time and
    shows while an answer streams.
    """

    def __init__(self, urgent: Callable[[], Sequence[str]], *, id: str | None = None) -> None:
        """Take what tells the commands that come first, by their ids."""
        super().__init__(id=id)
        self._urgent = urgent
        self._keys: Sequence[Content] = ()

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)

    def on_resize(self, event: events.Resize) -> None:
        """Show more keys, or fewer."""
        self._show()

    def _bindings_updated(self, screen: Screen[object]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        shown: dict[str, Content] = {}
        for node, binding, enabled, _ in screen.active_bindings.values():
            if binding.show and enabled and binding.id and binding.id not in shown:
                where = {screen: "screen", self.app: "app"}.get(node, "focused")
                shown[binding.id] = _key(binding, f"{where}.{binding.action}")
        near = [command.id for command in COMMANDS if command.scope is not Scope.EVERYWHERE]
        everywhere = (command.id for command in COMMANDS)
        ids = dict.fromkeys((*self._urgent(), *near, *_FIRST, *everywhere))
        self._keys = [shown[command] for command in ids if command in shown]
        self._show()

    def _show(self) -> None:
        room, fitting = self.content_size.width, list[Content]()
        for key in self._keys:
            needs = key.cell_length + (len(_BETWEEN) if fitting else 0)
            if needs > room:
                break
            fitting.append(key)
            room -= needs
        content = Content(_BETWEEN).join(fitting)
        if content != self.content:
            self.update(content, layout=False)


def _key(binding: Binding, action: str) -> Content:
    text = Content.assemble(
        (key_names(binding.key), "bold $footer-key-foreground"), f" {binding.description}"
    )
    return text.stylize(Style.from_meta({"@click": action}))
