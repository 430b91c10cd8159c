"""Work that goes on beside the keys."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker


def start(
    node: DOMNode,
    work: Callable[[], Coroutine[Any, Any, None]],
    group: str,
    *,
    exclusive: bool = False,
) -> Worker[None]:
    """Do something in a worker of a node, which says so when it fails.

    It takes what makes the coroutine: a worker that is cancelled before it runs makes none.
    """
    worker: Worker[None] = node.run_worker(
        work, name=group, group=group, exclusive=exclusive, exit_on_error=False
    )
    return worker
