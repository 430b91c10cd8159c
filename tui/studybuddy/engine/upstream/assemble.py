"""A whole chat completion made of the chunks of a streamed one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HEAD = ("id", "created", "model", "system_fingerprint", "service_tier", "usage", "timings")


class Assembly:
    """Collects chunks, and becomes the `chat.completion` object that they amount to."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Take the next chunk."""
        for name in _HEAD:
            if chunk.get(name) is not None:
                self._head[name] = chunk[name]
        for choice in chunk.get("choices") or ():
            self._add_choice(choice)

    def completion(self) -> dict[str, Any]:
        """The completion so far."""
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {"object": "chat.completion", **self._head, "choices": choices}

    def _add_choice(self, part: Mapping[str, Any]) -> None:
        choice = self._choices.setdefault(
            part.get("index", 0),
            {
                "index": part.get("index", 0),
                "message": {"role": "assistant", "content": None},
                "logprobs": None,
                "finish_reason": None,
            },
        )
        if part.get("finish_reason"):
            choice["finish_reason"] = part["finish_reason"]
        if part.get("logprobs"):
            _merge(choice, {"logprobs": part["logprobs"]})
        _merge(choice["message"], part.get("delta") or {})


def _merge(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Add a delta: texts and lists grow, numbered list items are merged by their index."""
    for name, value in part.items():
        known = whole.get(name)
        if value is None or name == "role":
            continue
        if isinstance(known, str) and isinstance(value, str) and name not in ("id", "type"):
            whole[name] = known + value
        elif isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value)
        elif isinstance(value, list) and all(isinstance(i, dict) and "index" in i for i in value):
            items = whole.setdefault(name, [])
            for item in value:
                _merge_item(items, item)
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(value)
        else:
            whole[name] = value


def _merge_item(items: list[dict[str, Any]], part: Mapping[str, Any]) -> None:
    """Merge a tool call's part; the finished message carries no indices."""
    while len(items) <= part["index"]:
        items.append({})
    _merge(items[part["index"]], {name: v for name, v in part.items() if name != "index"})
