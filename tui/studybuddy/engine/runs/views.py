"""Runs and steps as they are shown: what is left out unless asked for, and hints for pollers."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from studybuddy.engine.objects import Json, Run, RunStep, now

CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
"""The one value of the query's `include[]`."""

_SOONEST = 250
_LATEST = 2000
_PER_SECOND = 100  # milliseconds by which polls get rarer with each second of a run's age


def poll_after(run: Run) -> int:
    """Milliseconds after which to look at a run again."""
    return min(_LATEST, max(_SOONEST, (now() - run.created_at) * _PER_SECOND))


def shown(thing: Any, *, content: bool) -> Any:
    """An object as it is sent: a step's search results only with `content` show their text."""
    if content or not isinstance(thing, RunStep) or thing.type != "tool_calls":
        return thing
    calls = [_without_content(call) for call in thing.step_details["tool_calls"]]
    return structs.replace(thing, step_details={"type": "tool_calls", "tool_calls": calls})


def _without_content(call: Json) -> Json:
    search = call.get("file_search")
    if not search or not search.get("results"):
        return call
    results = [{k: v for k, v in result.items() if k != "content"} for result in search["results"]]
    return {**call, "file_search": {**search, "results": results}}
