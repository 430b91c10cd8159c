"""`tool_resources` of assistants and threads: the files that their tools work on.

Every function is a part of one transaction. Where a vector store was made or filled, call
`Ingestion.wake` after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from studybuddy.engine.bodies import check_types
from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import check_length, not_found, objects_in, strings_in
from studybuddy.engine.objects import Assistant, File, Json, Thread, VectorStore
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.vectors.contents import Wanted, attach, usable_store
from studybuddy.engine.vectors.requests import store_from

MOST_CODE_FILES = 20
MOST_STORES = 1
_EVERY = 2**31

_OWNER = "thread"  # in a vector store's note: the thread that it was made for


def resources_in(
    objects: Objects, body: Mapping[str, Any], where: str = "", *, owner: str = ""
) -> Json | None:
    """The request's `tool_resources`, a vector store made where it asks for one.

    Args:
        objects: within a transaction.
        body: of the request.
        where: its place in the request.
        owner: id of the thread that is to take a store that is made along at its end.

    Raises:
        ApiError: 400 where they are wrong, 404 where a file or vector store is not there.
    """
    check_types(body, {"tool_resources": (dict,)}, where)
    given = body.get("tool_resources")
    if given is None:
        return None
    place = f"{where}tool_resources."
    check_types(given, {"code_interpreter": (dict,), "file_search": (dict,)}, place)
    found: Json = {}
    if (code := given.get("code_interpreter")) is not None:
        ids = _ids(code, "file_ids", MOST_CODE_FILES, f"{place}code_interpreter.")
        for file_id in ids:
            if objects.get(File, file_id) is None:
                raise not_found("file", file_id)
        found["code_interpreter"] = {"file_ids": ids}
    if (search := given.get("file_search")) is not None:
        ids = _stores(objects, search, f"{place}file_search.", owner)
        found["file_search"] = {"vector_store_ids": ids}
    return found


def add_code_files(thread: Thread, file_ids: Iterable[str]) -> None:
    """Let the code interpreter see files that were attached; the thread is not written."""
    resources = dict(thread.tool_resources or {})
    known = (resources.get("code_interpreter") or {}).get("file_ids") or []
    ids = list(dict.fromkeys([*known, *file_ids]))
    resources["code_interpreter"] = {"file_ids": ids}
    thread.tool_resources = resources


def add_search_files(objects: Objects, thread: Thread, file_ids: Iterable[str]) -> None:
    """Let file search see files that were attached; the thread is not written.

    They are added to the thread's vector store, which is made where there is none.

    Raises:
        ApiError: 404 where there is no such file.
    """
    resources = dict(thread.tool_resources or {})
    ids = (resources.get("file_search") or {}).get("vector_store_ids") or []
    kept = objects.get(VectorStore, ids[0]) if ids else None
    if kept is None:
        kept = VectorStore()
        objects.insert(kept, note={_OWNER: thread.id})
        resources["file_search"] = {"vector_store_ids": [kept.id]}
        thread.tool_resources = resources
    attach(objects, kept, [Wanted(file_id) for file_id in file_ids])


def own_stores(objects: Objects, thread: Thread) -> list[VectorStore]:
    """The vector stores that were made for a thread, and that nothing else uses now."""
    made = objects.page(VectorStore, limit=_EVERY, noted={_OWNER: thread.id}).items
    if not made:
        return []
    others: list[Thread | Assistant] = [*objects.all(Thread), *objects.all(Assistant)]
    used = {id for other in others if other.id != thread.id for id in _searched(other)}
    return [store for store in made if store.id not in used]


def _searched(user: Thread | Assistant) -> list[str]:
    search = (user.tool_resources or {}).get("file_search") or {}
    return list(search.get("vector_store_ids") or ())


def _stores(objects: Objects, search: Mapping[str, Any], where: str, owner: str) -> list[str]:
    check_types(search, {"vector_stores": (list,)}, where)
    ids = _ids(search, "vector_store_ids", MOST_STORES, where)
    for store_id in ids:
        usable_store(objects, store_id)
    helpers = objects_in(search.get("vector_stores") or [], f"{where}vector_stores")
    check_length(helpers, MOST_STORES, f"{where}vector_stores")
    if ids and helpers:
        raise invalid(
            "Give either 'vector_store_ids' or 'vector_stores', not both.", f"{where}vector_stores"
        )
    for number, helper in enumerate(helpers):
        store, files = store_from(helper, f"{where}vector_stores[{number}].")
        objects.insert(store, note={_OWNER: owner} if owner else None)
        attach(objects, store, files)
        ids.append(store.id)
    return ids


def _ids(body: Mapping[str, Any], field: str, most: int, where: str) -> list[str]:
    check_types(body, {field: (list,)}, where)
    ids = strings_in(body.get(field) or [], where + field)
    check_length(ids, most, where + field)
    return ids
