"""Serves the app through textual-serve, to the student's own browser and nobody else.

Whoever reaches the page can do what the student can: read conversations, spend money, read files.
So it listens on loopback, and every page, socket and download wants a secret that is in the address
printed at the start: other users of this machine do not know it, and web pages that the browser has
open elsewhere, which could reach loopback too, can't send it (their requests have another origin).
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from importlib.resources import files
from string import Template
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server, to_int

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE = "studybuddy"
_NO_KEY = (
    "This page needs the whole address that “studybuddy web” has printed, with its key. "
    "Open it from there."
)


class BrowserServer(Server):
    """Serves one command; each page that is opened runs it anew."""

    def __init__(self, command: str, host: str, port: int, say: Callable[[str], None]) -> None:
        """Take the command, where to listen, and who is told the address."""
        super().__init__(command, host, port, title="Study Buddy")
        self.key = secrets.token_urlsafe(24)
        self._say = say
        page = files("studybuddy.web").joinpath("page.html")
        self._page = Template(page.read_text(encoding="utf-8"))

    @property
    def address(self) -> str:
        """What is to be opened in the browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?key={self.key}"

    def serve(self, debug: bool = False) -> None:
        """Serve until Ctrl+C; the address is told once it can be opened."""
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            access_log=None,
            print=lambda *_: self._say(self.address),
        )

    async def on_startup(self, app: web.Application) -> None:
        """Tell nothing yet: nobody listens before this is over."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let nobody in without the key, and no page of another origin."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="This page may not be opened from another one.")
        given = request.query.get("key") or request.cookies.get(self._cookie, "")
        if not secrets.compare_digest(given.encode(), self.key.encode()):
            raise web.HTTPForbidden(text=_NO_KEY)
        if request.query.get("key"):
            # Out of the address bar, and so out of the browser's history.
            response = web.HTTPFound("/")
            response.set_cookie(self._cookie, self.key, httponly=True, samesite="Strict")
            raise response
        return await handler(request)

    @property
    def _cookie(self) -> str:
        """Cookies know no ports: one for each, so that two servers do not take each other's."""
        return f"{COOKIE}-{self.port}"

    async def handle_index(self, request: web.Request) -> web.Response:
        """Serve the page."""
        size = max(8, min(40, to_int(request.query.get("fontsize", "16"), 16)))
        return web.Response(
            text=self._page.substitute(font_size=size),
            content_type="text/html",
            headers={"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"},
        )
