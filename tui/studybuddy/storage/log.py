"""The log file: what happened, with no key and no message in it."""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, cast

from studybuddy.domain.settings import Settings
from studybuddy.domain.text import harmless
from studybuddy.storage.paths import Paths

DEBUG_VARIABLE = "STUDYBUDDY_DEBUG"
MESSAGES = "studybuddy.messages"
"""The logger for the text of messages: silent unless the setting `log_messages` is on."""

_SIZE = 1_000_000  # bytes
_OLD_FILES = 3
_SILENT = logging.CRITICAL + 1
_NOISY = ("openai", "httpx2", "httpcore2")  # below WARNING they tell requests and their texts
_FORM = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"

_PATTERNS = (
    (re.compile(r"\bsk-[\w-]{6,}"), "sk-[hidden]"),
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/=-]{6,}"), r"\1 [hidden]"),
    (
        re.compile(
            r"(?i)((?:api|access|auth)[_-]?(?:key|token)|secret|password|authorization)"
            r"([\"']?\s*[:=]\s*[\"']?)[^\s\"',;&]{6,}"
        ),
        r"\1\2[hidden]",
    ),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://[hidden]@"),
)


class Redactor:
    """Hides keys in text: the ones it was told, and all that looks like one."""

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def add(self, secret: str) -> None:
        """Hide this text from now on; one under 6 characters would hide too much and is let be."""
        if len(secret) >= 6 and secret not in self._secrets:
            # The longest first, so that no end of one is left over where another begins it.
            self._secrets = tuple(sorted((*self._secrets, secret), key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text with every key hidden."""
        for secret in self._secrets:
            text = text.replace(secret, "[hidden]")
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text


class _RedactingFormatter(logging.Formatter):
    """Works on the finished line: keys hide in arguments and tracebacks, not only in messages."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__(_FORM)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return harmless(self._redact(super().format(record)))


class _LogFile(RotatingFileHandler):
    """A file that is made by the first line, and whose failures pass in silence."""

    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

        def private(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        file = open(path, self.mode, encoding="utf-8", errors="replace", opener=private)  # noqa: SIM115
        return cast(io.TextIOWrapper, file)

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: what is written to stderr would land in the middle of the screen."""


@dataclass(slots=True)
class Log:
    """The running log."""

    path: Path
    _redactor: Redactor
    _handler: logging.Handler
    _levels: dict[str, int] = field(default_factory=dict)

    def register_secret(self, secret: str) -> None:
        """Keep this text out of the log from now on."""
        self._redactor.add(secret)

    def stop(self) -> None:
        """Close the file and leave logging as it was before."""
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(self._handler)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        self._handler.close()


def start_log(paths: Paths, settings: Settings, environ: Mapping[str, str]) -> Log:
    """Send what the program logs to a file of 1 MB at most, with three older ones kept.

    INFO and above, or DEBUG where STUDYBUDDY_DEBUG is set to other than 0; of libraries,
    warnings. The file is made by the first line; where it can't be, nothing is logged.
    """
    redactor = Redactor()
    handler = _LogFile(paths.log_file, maxBytes=_SIZE, backupCount=_OLD_FILES, delay=True)
    handler.setFormatter(_RedactingFormatter(redactor))
    debug = environ.get(DEBUG_VARIABLE, "").strip() not in ("", "0")
    levels: dict[str, Any] = {
        "": logging.WARNING,
        "studybuddy": logging.DEBUG if debug else logging.INFO,
        MESSAGES: logging.NOTSET if settings.log_messages else _SILENT,
        **dict.fromkeys(_NOISY, logging.WARNING),
    }
    log = Log(paths.log_file, redactor, handler)
    for name, level in levels.items():
        log._levels[name] = logging.getLogger(name).level
        logging.getLogger(name).setLevel(level)
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)  # they too would be written over the screen
    return log
