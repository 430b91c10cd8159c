"""What is offered in the prompt of the main screen: its parts, put together when first typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from studybuddy.ui.slash import Slash
from studybuddy.ui.widgets.completion import Completer
from studybuddy.ui.widgets.file_picker import FilePicker

if TYPE_CHECKING:
    from studybuddy.domain.counting import TokenCounter
    from studybuddy.ui.features import Workplace


def make_completer(place: Workplace, why_not: Callable[[str], str]) -> Completer:
    """Offer templates and commands behind a slash, and files behind an at sign.

    Args:
        place: what there is to work with.
        why_not: why a command of that id can't be carried out right now; empty where it can.
    """
    view, desk, library = place.view, place.desk, place.services.library
    prompt = view.prompt

    def counter() -> tuple[TokenCounter, str]:
        return desk.accounts.counter, desk.model_of(view.session)

    slash = Slash(prompt, library.templates if library else None, why_not, place.tell)
    files = FilePicker(prompt, counter, view.files.picked)
    files.completer = completer = Completer(prompt, {"/": slash, "@": files}, prompt.action_send)
    return completer
