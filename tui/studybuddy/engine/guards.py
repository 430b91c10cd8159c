"""What every request must pass: a Host header of this machine, and the engine's token."""

from __future__ import annotations

import hmac
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from studybuddy.engine.errors import ApiError, unauthorized
from studybuddy.engine.responses import error_response


class HostGuard:
    """Refuses requests for other host names, so that no web page can reach in by rebinding DNS."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        """Let only these host names through, any port; none given lets all through."""
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with an error."""
        if scope["type"] == "http" and self._hosts:
            name = _host_name(Headers(scope=scope).get("host", ""))
            if name not in self._hosts:
                error = ApiError(
                    403, "This engine answers only to names of this computer.", code="wrong_host"
                )
                await error_response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class TokenGuard:
    """Refuses requests without the engine's bearer token."""

    def __init__(self, app: ASGIApp, token: str, open_paths: Collection[str]) -> None:
        """Ask for `token` everywhere but at `open_paths`."""
        self._app = app
        self._token = token.encode()
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with an error."""
        if scope["type"] == "http" and scope["path"] not in self._open_paths:
            problem = self._problem(Headers(scope=scope).get("authorization", ""))
            if problem:
                await error_response(unauthorized(problem))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, authorization: str) -> str:
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            return (
                "You didn't provide the engine's token. Send it as the API key: in an "
                "Authorization header, as in “Authorization: Bearer TOKEN”."
            )
        # Headers are Latin-1 on the wire, and compare_digest takes only ASCII text, but any bytes.
        if not hmac.compare_digest(given.strip().encode("latin-1", "replace"), self._token):
            return "Incorrect API key provided: it is not this engine's token."
        return ""


def _host_name(host: str) -> str:
    """The name in a Host header, without port and brackets, in lower case."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")
