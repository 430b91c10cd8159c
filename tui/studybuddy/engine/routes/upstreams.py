"""`PUT /studybuddy/upstreams/{name}`: an app tells who else is to answer, and by which name.

A run that is created with the header `StudyBuddy-Upstream: NAME` is answered by that upstream.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studybuddy.engine.bodies import Types, check_types, read_json
from studybuddy.engine.context import context_of
from studybuddy.engine.errors import ApiError, invalid
from studybuddy.engine.responses import json_response
from studybuddy.engine.upstream.registry import Served

HEADER = "StudyBuddy-Upstream"
"""Names the upstream of a run, when the run is created; percent-encoded, as in the path."""

UNKNOWN = "unknown_upstream"
"""The code of the error for a name that is not registered."""

_LIMIT = 64 * 1024  # bytes
_LONGEST_NAME = 200  # characters
_TYPES: Types = {"base_url": (str,), "key": (str,), "model": (str,)}


async def put_upstream(request: Request) -> Response:
    """Make an upstream known by a name, in place of the one that had it."""
    upstreams = context_of(request).upstreams
    if not upstreams.is_open:
        raise ApiError(403, "This engine takes no other upstreams.", code="upstreams_closed")
    name: str = request.path_params["name"]
    if len(name) > _LONGEST_NAME:
        raise invalid(f"The name has more than {_LONGEST_NAME} characters.", "name")
    body = await read_json(request, _LIMIT)
    check_types(body, _TYPES)
    base_url = body.get("base_url")
    if not base_url:
        raise invalid(
            "Missing required parameter: 'base_url'.", "base_url", "missing_required_parameter"
        )
    if not _is_address(base_url):
        raise invalid(
            "Invalid 'base_url': it must begin with http:// or https://, and name a host.",
            "base_url",
            "invalid_value",
        )
    key = body.get("key") or ""
    if not all("!" <= c <= "~" for c in key):
        raise invalid("Invalid 'key': no header can carry it.", "key", "invalid_value")
    await upstreams.register(name, base_url, key, body.get("model") or "")
    return json_response({"object": "upstream", "name": name})


def served_by(request: Request) -> tuple[str, Served]:
    """The upstream that a request names in its header, and its name.

    Raises:
        ApiError: 400 where none of that name was registered, such as after a restart.
    """
    name = unquote(request.headers.get(HEADER, ""))
    served = context_of(request).upstreams.get(name)
    if served is None:
        raise invalid(f"No upstream is registered as '{name[:_LONGEST_NAME]}'.", HEADER, UNKNOWN)
    return name, served


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


routes = [Route("/studybuddy/upstreams/{name:path}", put_upstream, methods=["PUT"])]
