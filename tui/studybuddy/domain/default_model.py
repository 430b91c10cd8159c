"""Which of the models that an endpoint lists is asked where none is named."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Models that take or give something else than chat text. Unknown names are kept.
_NOT_CHAT = re.compile(
    r"embed|\btts\b|whisper|dall-e|moderation|image|\bsora\b|transcribe|realtime|\baudio\b|"
    r"\blive\b|rerank|\b(?:babbage|davinci|curie|ada)\b|turbo-instruct|deep-research|"
    r"computer-use|translate"
)


def looks_like_chat(model: str) -> bool:
    """Whether a model's name does not say that it is for something else than chat."""
    return _NOT_CHAT.search(model.lower()) is None


def default_of(models: Sequence[str]) -> str:
    """The first that chats; the first where none says so, and empty where there is none."""
    return next((name for name in models if looks_like_chat(name)), next(iter(models), ""))
