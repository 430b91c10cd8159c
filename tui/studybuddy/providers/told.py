"""What a server told about an error, taken out of whatever it sent."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studybuddy.domain.text import one_line

LONGEST_QUOTE = 200
"""Characters of a server's own words that are shown."""

_KEY_LIKE = re.compile(r"\b(?:sk|key|pk|gsk|hf)[-_][\w*.…-]{6,}|(?<=Bearer )\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """An error as a server described it; what it left out is empty."""

    message: str = ""
    """Whole, for searching; `quote` is for showing."""
    code: str = ""
    type: str = ""
    status: int = 0
    """HTTP status; 0 where it came inside a stream without one."""
    prompt_tokens: int | None = None
    context_tokens: int | None = None
    """For a context overflow, where the server gave the numbers (llama.cpp does)."""
    is_page: bool = False
    """Whether the body was a web page."""

    @property
    def words(self) -> str:
        """Code, type and message in lower case, for searching."""
        return f"{self.code} {self.type} {self.message}".lower()

    def quote(self, key: str = "") -> str:
        """The message fit for showing: short, on one line, harmless, and without keys."""
        text = one_line(self.message)
        if key:
            text = text.replace(key, "…")
        text = _KEY_LIKE.sub("…", text)
        return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def told(body: Any, status: int = 0) -> Told:
    """Read an error body: OpenAI's envelope, its inside, FastAPI's `detail`, text, or a page."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        page = re.match(r"\s*<(?:!doctype|html|head|\?xml)", body, re.IGNORECASE) is not None
        return Told("" if page else body, status=status, is_page=page)
    if isinstance(body, list):
        body = body[0] if body else {}
    if not isinstance(body, Mapping):
        return Told(status=status)
    inner = body.get("error")
    if isinstance(inner, Mapping):
        body = inner
    elif isinstance(inner, str):
        body = {**body, "message": inner}
    code = body.get("code")
    for found in (code, body.get("status")):  # llama.cpp's, and StudyBuddy's engine's
        if not status and isinstance(found, int) and 400 <= found < 600:
            status = found
    return Told(
        message=_message(body),
        code=str(code) if isinstance(code, str | int) else "",
        type=str(body.get("type") or ""),
        status=status,
        prompt_tokens=_count(body.get("n_prompt_tokens")),
        context_tokens=_count(body.get("n_ctx")),
    )


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds the server asked to wait, from `retry-after-ms` or `retry-after` (RFC 9110, 10.2.3).

    Args:
        headers: of the response; looked up in lower case.
        now: Unix time. By default the response's own date where it has one, so that a wrong
            clock on either side does not matter.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    seconds = _number(asked)
    if seconds is not None or asked is None:
        return seconds
    until = _unix_time(asked)
    if until is None:
        return None
    if now is None:
        now = _unix_time(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _unix_time(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _message(body: Mapping[str, Any]) -> str:
    for name in ("message", "detail", "msg"):
        found = body.get(name)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, list) and found and isinstance(found[0], Mapping):
            where = ".".join(str(part) for part in found[0].get("loc") or ())
            return f"{where}: {found[0].get('msg', '')}".strip(": ")
    return ""


def _count(found: Any) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None
