"""Which way an upstream is asked."""

from __future__ import annotations

from studybuddy.engine.asking.native import NativeAsker
from studybuddy.engine.asking.port import Asker
from studybuddy.engine.asking.prompted import PromptedAsker
from studybuddy.engine.names import ModelNames
from studybuddy.engine.upstream.port import Upstream


def make_asker(upstream: Upstream, names: ModelNames, *, calls_tools: bool | None = None) -> Asker:
    """The asker for an upstream.

    Args:
        upstream: whom to ask.
        names: its models.
        calls_tools: False for a small model that can't, such as the built-in one; otherwise
            it is tried, and models that refuse are asked without tools from then on.
    """
    if calls_tools is False:
        return PromptedAsker(upstream, names, small=True)
    return NativeAsker(upstream, names, PromptedAsker(upstream, names, small=False))
