"""Which model answers for the name that was asked."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from studybuddy.domain.text import harmless
from studybuddy.engine.errors import ApiError, no_such_model
from studybuddy.engine.upstream.port import Upstream
from studybuddy.engine.upstream.problems import UNREACHABLE

log = logging.getLogger(__name__)

_LONGEST_LOGGED = 100  # characters
_MOST_LOGGED = 1000  # names
_UNLISTED = (401, 403)  # of a server that shows its list to no one, or not with this key


@dataclass(frozen=True, slots=True)
class Resolved:
    """The name for the upstream, and the one to tell the client where that is another."""

    sent: str
    echo: str | None = None


class ModelNames:
    """Lets the upstream's default model stand in for names it does not know."""

    def __init__(self, upstream: Upstream, *, strict: bool = False) -> None:
        """Take the upstream that knows names; `strict` refuses those it does not know."""
        self._upstream = upstream
        self._strict = strict
        self._last: tuple[str, frozenset[str]] = "", frozenset()
        self._logged: set[str] = set()

    async def resolve(self, asked: str) -> Resolved:
        """The model to ask for a name, which may be empty.

        Raises:
            ApiError: 404 where the name is not known and no other may stand in.
        """
        default, known = await self._known(asked)
        # Ollama lists its models with a tag, and takes them without.
        if not asked or asked == default or asked in known or f"{asked}:latest" in known:
            return Resolved(asked or default)
        if self._strict:
            raise no_such_model(asked)
        if not default:  # nothing is known of this upstream: let it judge
            return Resolved(asked)
        self._log(asked, default)
        return Resolved(default, asked)

    async def check(self, asked: str) -> None:
        """Refuse a name that will not be answered for; the upstream is only asked if strict.

        Raises:
            ApiError: 404 where the name is not known and no other may stand in.
        """
        if self._strict:
            await self.resolve(asked)

    async def _known(self, asked: str) -> tuple[str, frozenset[str]]:
        """The default model, and the names that there are, as far as they matter.

        A server that does not give its list may answer all the same: what was known of it
        before still holds then.
        """
        default, names = self._last
        try:
            default = await self._upstream.default_model()
            if not asked or asked == default:
                return default, frozenset()
            names = frozenset(str(entry["id"]) for entry in await self._upstream.models())
        except ApiError as error:
            if self._strict or (not asked and not default and error.code == UNREACHABLE):
                raise
            if not names and error.status not in _UNLISTED and asked:
                return "", names  # whether it knows the name can't be told: it judges itself
            return default, names
        self._last = default, names
        return self._last

    def _log(self, asked: str, default: str) -> None:
        if asked not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(asked)
            shown = harmless(asked).replace("\n", " ")[:_LONGEST_LOGGED]
            log.info("“%s” is not known here: %s answers for it.", shown, default)
