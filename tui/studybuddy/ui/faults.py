"""What a worker did not expect is logged and told; the app goes on."""

from __future__ import annotations

import logging

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
