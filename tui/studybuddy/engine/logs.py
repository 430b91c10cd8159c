"""The engine's log: on standard error, which for a companion is a file."""

from __future__ import annotations

import logging
from types import TracebackType

from studybuddy.domain.text import harmless

_QUIET = ("uvicorn", "uvicorn.error", "httpx2", "httpcore2", "asyncio")


def start_log(*, in_file: bool) -> None:
    """Log what the engine does.

    Args:
        in_file: whether it is kept, with times and tracebacks; else people read it as it comes.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(FileFormatter() if in_file else PlainFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class PlainFormatter(logging.Formatter):
    """One line for each message, without tracebacks: a terminal is for people.

    Messages may quote what a server or a client said: it can neither control the terminal nor
    pass for another line.
    """

    def __init__(self, form: str = "%(message)s") -> None:
        super().__init__(form)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return " ".join(harmless(super().formatMessage(record)).splitlines())

    def formatException(self, ei: _Caught) -> str:
        if ei[0] is None:
            return ""
        return " ".join(harmless(f"{ei[0].__name__}: {ei[1]}").splitlines())


class FileFormatter(PlainFormatter):
    """With times, and with tracebacks, whose lines are indented."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")

    def formatException(self, ei: _Caught) -> str:
        lines = harmless(logging.Formatter.formatException(self, ei)).splitlines()
        return "\n".join(f"  {line}" for line in lines)


_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
