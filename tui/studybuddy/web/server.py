"""Serves the app through textual-serve, to the student's own browser and nobody else.

Whoever reaches the page can do what the student can: read conversations, spend money, read files.
So it listens on loopback, and every page, socket and download wants a secret that is in the address
printed at the start: other users of this machine do not know it, and web pages that the browser has
open elsewhere, which could reach loopback too, can't send it (their requests have another origin).
The browser itself is started with an address that lets in once and not for long, since other users
can see with what programs are started; who comes second is told that someone else came first.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from string import Template
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, web
from textual_serve.server import Server, to_int

from studybuddy.web.process import PATIENCE, AppProcess

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE = "studybuddy"
MOST_BYTES = 64_000_000
"""Of one message of a page: what is pasted comes in one."""
MOST_CELLS = 1000
"""Of a terminal, each way."""
_NO_KEY = (
    "This page needs the whole address that “studybuddy web” has printed, with its key. "
    "Open it from there."
)
_USED = (
    "This address lets in once, and it was used or is too old. Open the one that “studybuddy web” "
    "has printed. If nothing has opened by itself, another user of this computer may have used it: "
    "end “studybuddy web” with Ctrl+C then, and start it again."
)
ONCE_FOR = 60.0
"""Seconds for which the address that the browser is started with lets in."""
_ENDED = "“studybuddy web” has been ended. Everything that came is kept."
_NOT_UNDERSTOOD = "The page sent what can't be understood. Open it again."


class BrowserServer(Server):
    """Serves one command; each page that is opened runs it anew."""

    def __init__(
        self, argv: Sequence[str], host: str, port: int, say: Callable[[str], None]
    ) -> None:
        """Take the command, where to listen, and who is told the address."""
        super().__init__(argv[0], host, port, title="Study Buddy")
        self.key = secrets.token_urlsafe(24)
        self._once: tuple[str, float] = ("", 0.0)
        """Another key that lets in one time, and until when; see `time.monotonic`."""
        self._argv = argv
        self._say = say
        self._pages: set[web.WebSocketResponse] = set()
        room = files("studybuddy.web")
        self._page = Template(room.joinpath("page.html").read_text(encoding="utf-8"))
        self._script = room.joinpath("page.js").read_text(encoding="utf-8")

    @property
    def address(self) -> str:
        """What is to be opened in the browser."""
        return f"{self._root}?key={self.key}"

    def address_for_once(self) -> str:
        """Another one, which is of use one time within a minute: others may see it by then."""
        self._once = secrets.token_urlsafe(24), time.monotonic() + ONCE_FOR
        return f"{self._root}?once={self._once[0]}"

    @property
    def _root(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def serve(self, debug: bool = False) -> None:
        """Serve until Ctrl+C; the address is told once it can be opened.

        Raises:
            OSError: where it can't listen there.
        """
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            access_log=None,
            shutdown_timeout=4 * PATIENCE,
            print=lambda *_: self._say(self.address),
        )

    async def on_startup(self, app: web.Application) -> None:
        """Tell nothing yet: nobody listens before this is over."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Tell the pages; each one's app is ended as its socket closes."""
        close = (
            page.close(code=WSCloseCode.GOING_AWAY, message=_ENDED.encode()) for page in self._pages
        )
        await asyncio.gather(*close)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.router.add_get("/page.js", self._handle_script)
        app.middlewares.append(self._guard)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let nobody in without the key, and no page of another origin."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="This page may not be opened from another one.")
        if once := request.query.get("once"):
            self._use_up(once)
            raise self._let_in()
        given = request.query.get("key") or request.cookies.get(self._cookie, "")
        if not secrets.compare_digest(given.encode(), self.key.encode()):
            raise web.HTTPForbidden(text=_NO_KEY)
        if request.query.get("key"):
            raise self._let_in()
        return await handler(request)

    def _use_up(self, once: str) -> None:
        known, until = self._once
        if not known or not secrets.compare_digest(once.encode(), known.encode()):
            raise web.HTTPForbidden(text=_USED)
        self._once = "", 0.0
        if time.monotonic() > until:
            raise web.HTTPForbidden(text=_USED)

    def _let_in(self) -> web.HTTPFound:
        """Out of the address bar, and so out of the browser's history, with a cookie instead."""
        response = web.HTTPFound("/")
        response.set_cookie(self._cookie, self.key, httponly=True, samesite="Strict")
        return response

    @property
    def _cookie(self) -> str:
        """Cookies know no ports: one for each, so that two servers do not take each other's."""
        return f"{COOKIE}-{self.port}"

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run the app for a page until the page is closed or the app ends."""
        websocket = web.WebSocketResponse(heartbeat=15, max_msg_size=MOST_BYTES)
        await websocket.prepare(request)
        process = AppProcess(self._argv, websocket, self.download_manager)
        self._pages.add(websocket)
        try:
            await process.start(_cells(request, "width", 80), _cells(request, "height", 24))
            await self._process_messages(websocket, process)
        except (AssertionError, LookupError, TypeError, ValueError):
            await websocket.close(
                code=WSCloseCode.UNSUPPORTED_DATA, message=_NOT_UNDERSTOOD.encode()
            )
        finally:
            self._pages.discard(websocket)
            await process.stop()
        return websocket

    async def handle_index(self, request: web.Request) -> web.Response:
        """Serve the page, which loads nothing from anywhere else."""
        size = max(8, min(40, to_int(request.query.get("fontsize", "16"), 16)))
        here = f"'self' ws://{request.host} wss://{request.host}"
        return web.Response(
            text=self._page.substitute(font_size=size),
            content_type="text/html",
            headers={
                "Cache-Control": "no-store",
                "Content-Security-Policy": (
                    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                    f"font-src 'self'; img-src 'self' data:; connect-src {here}; "
                    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                ),
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _handle_script(self, request: web.Request) -> web.Response:
        return web.Response(
            text=self._script,
            content_type="text/javascript",
            charset="utf-8",
            headers={"Cache-Control": "no-store"},
        )


def _cells(request: web.Request, name: str, default: int) -> int:
    return max(1, min(MOST_CELLS, to_int(request.query.get(name, ""), default)))
