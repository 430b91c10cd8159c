"""Puts the parts of the runs together."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from studybuddy.engine.asking.port import Asker
from studybuddy.engine.errors import ApiError
from studybuddy.engine.objects import File
from studybuddy.engine.runs.manager import RunManager
from studybuddy.engine.runs.ports import CodeRunner, Limits, PassageFinder, RunParts
from studybuddy.engine.store.files import FileBox
from studybuddy.engine.store.store import Store
from studybuddy.engine.upstream.registry import Upstreams

_LARGEST_IMAGE = 20 * 1024 * 1024  # bytes, as at OpenAI


def make_runs(
    store: Store,
    files: FileBox,
    upstreams: Upstreams,
    search: PassageFinder,
    interpreters: CodeRunner,
    settled: Callable[[Collection[str]], Awaitable[None]],
    limits: Limits | None = None,
) -> RunManager:
    """The runs of an engine over its other parts; `settled` as in `RunParts`."""

    def asker_for(name: str) -> Asker | None:
        served = upstreams.get(name)
        return served.asker if served is not None else None

    async def window_of(name: str, model: str) -> int | None:
        served = upstreams.get(name)
        if served is None:
            return None
        try:
            sent = (await served.names.resolve(model)).sent
            entries = await served.upstream.models()
        except ApiError:
            return None  # asking it will tell why
        return next((_window(entry) for entry in entries if entry.get("id") == sent), None)

    async def image_of(file_id: str) -> str | None:
        file = await store.read(lambda objects: objects.get(File, file_id))
        if file is None or file.bytes > _LARGEST_IMAGE:
            return None
        kind = mimetypes.guess_type(file.filename)[0] or ""
        if not kind.startswith("image/"):
            return None

        def read() -> str:
            content = files.path(file_id).read_bytes()
            return f"data:{kind};base64,{base64.b64encode(content).decode()}"

        try:
            return await asyncio.to_thread(read)
        except OSError:
            return None

    return RunManager(
        RunParts(
            store,
            asker_for,
            interpreters,
            search,
            settled=settled,
            window_of=window_of,
            image_of=image_of,
            limits=limits or Limits(),
        )
    )


def _window(entry: dict[str, Any]) -> int | None:
    """A model's context window in tokens, as the servers that tell it name it."""
    meta = entry.get("meta")
    found = [entry.get("context_window"), entry.get("max_model_len"), entry.get("context_length")]
    found.append(meta.get("n_ctx") if isinstance(meta, dict) else None)  # llama.cpp
    return next((n for n in found if isinstance(n, int) and n > 0), None)
