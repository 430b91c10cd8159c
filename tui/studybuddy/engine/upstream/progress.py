"""llama.cpp's reports of how far a prompt is read: chunks between the request and the answer."""

from __future__ import annotations

import msgspec


def is_progress(payload: bytes) -> bool:
    """Whether a chunk is such a report, with a `prompt_progress` of total, cache, processed."""
    if b'"prompt_progress":' not in payload:
        return False
    # The model may have written these words itself, but then not as a member of the chunk.
    try:
        chunk = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(chunk, dict) and "prompt_progress" in chunk
