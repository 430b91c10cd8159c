"""Lists in pages: what a request asks for, and the answer, with OpenAI's cursors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from studybuddy.engine.errors import invalid
from studybuddy.engine.fields import check_choice, check_range, not_found, shown
from studybuddy.engine.responses import json_response
from studybuddy.engine.store.objects import Objects, Order, Page, T

MOST = 100
"""Objects in one page."""
USUAL = 20


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which part of a list is asked for."""

    limit: int
    order: Order
    after: str | None
    before: str | None

    def page(
        self,
        objects: Objects,
        kind: type[T],
        name: str,
        *,
        parent: str = "",
        status: str | None = None,
        having: Mapping[str, str] | None = None,
        noted: Mapping[str, str] | None = None,
    ) -> Page[T]:
        """That part of a list; see `Objects.page`.

        Args:
            objects: within a transaction.
            kind: what to list.
            name: of that, in a sentence, such as `vector store`.
            parent: of what.
            status: only objects of this status.
            having: only objects with these values in these fields.
            noted: only objects with these values in their notes.

        Raises:
            ApiError: 404 where a cursor is no object of that list.
        """
        try:
            return objects.page(
                kind,
                parent=parent,
                limit=self.limit,
                order=self.order,
                after=self.after,
                before=self.before,
                status=status,
                having=having,
                noted=noted,
            )
        except KeyError as error:
            raise not_found(name, shown(error.args[0])) from None


def list_query(request: Request, *, most: int = MOST, usual: int = USUAL) -> ListQuery:
    """The query's `limit`, `order`, `after` and `before`.

    Raises:
        ApiError: 400 where one of them is wrong.
    """
    query = request.query_params
    order = query.get("order") or "desc"
    check_choice(order, ("asc", "desc"), "order")
    return ListQuery(
        limit=_limit(query.get("limit"), most, usual),
        order=cast(Order, order),
        after=query.get("after") or None,
        before=query.get("before") or None,
    )


def choice_in(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    """A query parameter that must be one of these, where it is there.

    Raises:
        ApiError: 400 where it is another.
    """
    value = request.query_params.get(name) or None
    if value is not None:
        check_choice(value, choices, name)
    return value


def list_response(page: Page[T], render: Callable[[T], Any] = lambda item: item) -> Response:
    """A page as OpenAI tells it; the ids of an empty one are empty, as its document wants text."""
    items = page.items
    return json_response(
        {
            "object": "list",
            "data": [render(item) for item in items],
            "first_id": items[0].id if items else "",
            "last_id": items[-1].id if items else "",
            "has_more": page.has_more,
        }
    )


def deleted(id: str, name: str) -> Response:
    """The answer to a deletion; `name` is the object's, such as `assistant.deleted`."""
    return json_response({"id": id, "object": name, "deleted": True})


def _limit(text: str | None, most: int, usual: int) -> int:
    if not text:
        return usual
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise invalid(
            f"Invalid type for 'limit': expected an integer, but got '{shown(text)}' instead.",
            "limit",
            "invalid_type",
        )
    limit = int(text)
    check_range(limit, 1, most, "limit")
    return limit
