"""`/v1/vector_stores`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import NUMBER, check_types, read_json, wrong_type
from studybuddy.engine.context import context_of
from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import check_length, check_range, metadata_in, missing, strings_in
from studybuddy.engine.objects import VectorStore
from studybuddy.engine.responses import json_response
from studybuddy.engine.routes.lists import deleted, list_query, list_response
from studybuddy.engine.search.index import BadFilter
from studybuddy.engine.search.passages import Passage
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.vectors.contents import (
    attach,
    find_store,
    touch,
    usable_store,
    with_expiry,
)
from studybuddy.engine.vectors.requests import expiry_in, store_from

MOST_RESULTS = 50
_USUAL_RESULTS = 10
_MOST_QUERIES = 10  # in one search
_LONGEST_QUERY = 4096  # characters


async def create_vector_store(request: Request) -> Response:
    """Make one, and have the files that it is to begin with brought into it."""
    context = context_of(request)
    store, files = store_from(await read_json(request, may_be_empty=True))

    def create(objects: Objects) -> VectorStore:
        objects.insert(store)
        attach(objects, store, files)
        return store

    await context.store.write(create)
    context.ingestion.wake()
    return json_response(store)


async def list_vector_stores(request: Request) -> Response:
    """A page of them."""
    query = list_query(request)
    store = context_of(request).store
    page = await store.read(lambda o: query.page(o, VectorStore, "vector store"))
    return list_response(page, with_expiry)


async def get_vector_store(request: Request) -> Response:
    """One of them."""
    id = request.path_params["vector_store_id"]
    return json_response(await context_of(request).store.read(lambda o: find_store(o, id)))


async def update_vector_store(request: Request) -> Response:
    """Change its name, metadata and expiry."""
    id = request.path_params["vector_store_id"]
    body = await read_json(request, may_be_empty=True)
    check_types(body, {"name": (str,)})
    metadata, after = metadata_in(body), expiry_in(body)

    def update(objects: Objects) -> VectorStore:
        store = find_store(objects, id)
        if "name" in body:
            store.name = body["name"] or ""
        if "metadata" in body:
            store.metadata = metadata
        if "expires_after" in body:
            store.expires_after = UNSET if after is None else after
        touch(store)
        objects.update(with_expiry(store))
        return store

    return json_response(await context_of(request).store.write(update))


async def delete_vector_store(request: Request) -> Response:
    """Remove one; the files stay, but can't be searched in it any more."""
    context = context_of(request)
    id = request.path_params["vector_store_id"]
    await context.store.write(lambda o: o.delete(find_store(o, id)))
    await context.ingestion.forget_store(id)
    return deleted(id, "vector_store.deleted")


async def search_vector_store(request: Request) -> Response:
    """The passages of its files that answer a question best, best first."""
    context = context_of(request)
    id = request.path_params["vector_store_id"]
    body = await read_json(request)
    queries = _queries(body)
    kinds = {"max_num_results": (int,), "filters": (dict,), "ranking_options": (dict,)}
    check_types(body, kinds)
    limit = body.get("max_num_results")
    check_range(limit, 1, MOST_RESULTS, "max_num_results")
    ranking = body.get("ranking_options") or {}
    check_types(ranking, {"score_threshold": NUMBER}, "ranking_options.")
    threshold = ranking.get("score_threshold") or 0
    check_range(threshold, 0, 1, "ranking_options.score_threshold")

    def use(objects: Objects) -> None:
        store = usable_store(objects, id)
        touch(store)
        objects.update(store)

    await context.store.write(use)
    try:
        passages = await context.search.search(
            [id],
            queries,
            limit=_USUAL_RESULTS if limit is None else limit,
            filters=body.get("filters"),
            score_threshold=threshold,
        )
    except BadFilter as error:
        raise invalid(str(error), "filters") from error
    return json_response(
        {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [_result(passage) for passage in passages],
            "has_more": False,
            "next_page": None,
        }
    )


def _queries(body: Mapping[str, Any]) -> list[str]:
    query = body.get("query")
    if query is None:
        raise missing("query")
    if not isinstance(query, (str, list)):
        raise wrong_type("query", (str, list), query)
    if isinstance(query, str):
        check_length(query, _LONGEST_QUERY, "query", least=1)
        return [query]
    check_length(query, _MOST_QUERIES, "query", least=1)
    for number, one in enumerate(strings_in(query, "query")):
        check_length(one, _LONGEST_QUERY, f"query[{number}]", least=1)
    return query


def _result(passage: Passage) -> dict[str, Any]:
    return {
        "file_id": passage.file_id,
        "filename": passage.file_name,
        "score": passage.score,
        "attributes": passage.attributes,
        "content": [{"type": "text", "text": passage.text}],
    }


routes = [
    Route("/v1/vector_stores", create_vector_store, methods=["POST"]),
    Route("/v1/vector_stores", list_vector_stores, methods=["GET"]),
    Route("/v1/vector_stores/{vector_store_id}", get_vector_store, methods=["GET"]),
    Route("/v1/vector_stores/{vector_store_id}", update_vector_store, methods=["POST"]),
    Route("/v1/vector_stores/{vector_store_id}", delete_vector_store, methods=["DELETE"]),
    Route("/v1/vector_stores/{vector_store_id}/search", search_vector_store, methods=["POST"]),
]
