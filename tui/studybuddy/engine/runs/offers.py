"""Which tools a run's model is offered, and what of a tool's definition matters to the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studybuddy.engine.objects import Assistant, Json, Run, Thread
from studybuddy.engine.tools.definitions import CODE_INTERPRETER, FILE_SEARCH, definition

_RESULTS = 8  # passages a search brings where the tool does not say; models here are small
_MOST_RESULTS = 50
_EXPIRED = (
    "Files of this conversation can't be searched any more: their vector store has expired. "
    "Where the question is about files, say so, and that they have to be added again."
)


@dataclass(frozen=True, slots=True)
class Searching:
    """How a file search is done."""

    stores: tuple[str, ...]
    limit: int = _RESULTS
    threshold: float = 0.0
    ranker: str = "auto"


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools of a run."""

    tools: tuple[Json, ...]
    """As Chat Completions functions."""
    functions: Mapping[str, Json]
    """The client's, by name."""
    code: bool
    search: Searching | None
    notice: str = ""
    """What the model is to know of tools that it has not."""

    @property
    def names(self) -> list[str]:
        """What the model may call."""
        return [tool["function"]["name"] for tool in self.tools]


def store_ids(assistant: Assistant | None, thread: Thread) -> list[str]:
    """The vector stores that a run may search, the thread's first."""
    found: dict[str, None] = {}
    for resources in (thread.tool_resources, assistant and assistant.tool_resources):
        search = (resources or {}).get(FILE_SEARCH) or {}
        found.update(dict.fromkeys(search.get("vector_store_ids") or ()))
    return list(found)


def offer_of(run: Run, stores: Sequence[str], expired: Sequence[str] = ()) -> Offer:
    """The run's tools; a file search only where there is something to be searched.

    Args:
        run: with its tools.
        stores: ids of vector stores that have files.
        expired: ids of those that can't be searched any more.
    """
    tools: list[Json] = []
    functions: dict[str, Json] = {}
    code = False
    search: Searching | None = None
    for tool in run.tools:
        match tool.get("type"):
            case "code_interpreter":
                code = True
                tools.append(definition(CODE_INTERPRETER))
            case "file_search" if stores:
                search = _searching(tool.get("file_search") or {}, stores)
                tools.append(definition(FILE_SEARCH))
            case "function":
                functions[tool["function"]["name"]] = tool["function"]
                tools.append({"type": "function", "function": tool["function"]})
    return Offer(tuple(tools), functions, code, search, _EXPIRED if expired else "")


def choice_of(run: Run, offer: Offer, is_first: bool) -> str | Json:
    """The `tool_choice` to send; a forced one holds for the first round only.

    Otherwise a run that must call a tool would never come to an answer.
    """
    choice = run.tool_choice
    if not offer.tools or choice == "none":
        return "none"
    if not is_first:
        return "auto"
    if isinstance(choice, str):
        return choice
    kind = choice.get("type", "function")
    name = (choice.get("function") or {}).get("name") if kind == "function" else kind
    if name not in offer.names:  # such as a search where no files are
        return "auto"
    return {"type": "function", "function": {"name": name}}


def _searching(options: Mapping[str, Any], stores: Sequence[str]) -> Searching:
    ranking = options.get("ranking_options") or {}
    return Searching(
        tuple(stores),
        min(_MOST_RESULTS, max(1, int(options.get("max_num_results") or _RESULTS))),
        float(ranking.get("score_threshold") or 0.0),
        str(ranking.get("ranker") or "auto"),
    )
