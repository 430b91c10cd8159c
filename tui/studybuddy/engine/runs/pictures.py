"""Stored pictures of a thread: loaded once for a run, and only those that are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from studybuddy.engine.runs.fitting import ChatMessage


class Pictures:
    """Puts pictures in the place of their file ids."""

    def __init__(self, load: Callable[[str], Awaitable[str | None]]) -> None:
        """Take what gives a picture as a data URL by its file id, `None` where it can't."""
        self._load = load
        self._loaded: dict[str, str | None] = {}

    async def shown(self, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
        """The messages as they are sent; pictures that none of them shows are forgotten."""
        ids = {part["image_file"]["file_id"] for part in _pictures(messages)}
        self._loaded = {id: url for id, url in self._loaded.items() if id in ids}
        for id in ids - self._loaded.keys():
            self._loaded[id] = await self._load(id)
        return [self._shown(message) for message in messages]

    def _shown(self, message: ChatMessage) -> ChatMessage:
        content = message.get("content")
        if not isinstance(content, list):
            return message
        parts = [self._part(part) if _is_picture(part) else part for part in content]
        if all(part["type"] == "text" for part in parts):  # which every server understands
            return {**message, "content": "\n\n".join(part["text"] for part in parts)}
        return {**message, "content": parts}

    def _part(self, part: Mapping[str, Any]) -> dict[str, Any]:
        image = part["image_file"]
        url = self._loaded.get(image["file_id"])
        if url is None:
            return {"type": "text", "text": "[A picture that can't be read.]"}
        detail = {"detail": image["detail"]} if image.get("detail") else {}
        return {"type": "image_url", "image_url": {"url": url, **detail}}


def _pictures(messages: Sequence[ChatMessage]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        content = message.get("content")
        yield from filter(_is_picture, content if isinstance(content, list) else ())


def _is_picture(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "image_file"
