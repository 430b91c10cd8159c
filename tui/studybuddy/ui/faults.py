"""What a worker did not expect is logged and told; the app goes on."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from textual.widget import Widget
from textual.worker import Worker, WorkerState

_log = logging.getLogger(__name__)


def tell_fault(node: Widget, event: Worker.StateChanged) -> None:
    """Log a worker's failure and say that there was one; other changes of state are nothing."""
    if event.state is WorkerState.ERROR:
        _log.error("worker %s failed", event.worker.name, exc_info=event.worker.error)
        node.notify(
            "Something inside Study Buddy went wrong; the log has the details.", severity="error"
        )


def in_a_line(faults: Sequence[str]) -> str:
    """What is wrong with files, so short that it takes no room from what is right."""
    return f"{len(faults)} files have faults: f shows them." if len(faults) > 1 else "".join(faults)
