"""The system's keychain, which may be absent, or never answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

_log = logging.getLogger(__name__)

SERVICE = "studybuddy"
TIME_OUT = 5.0
"""Seconds that a call may take: a keychain that asks for its password on a screen that no one
sees never answers."""


class KeychainUnavailable(Exception):
    """There is no keychain, or it refuses; the message has no secret in it."""


class NoKeychain(KeychainUnavailable):
    """This system has none, so that nothing can be in it either."""


class Keychain(Protocol):
    """Where secrets are kept by the system. Each method blocks, for `TIME_OUT` at most."""

    def get(self, name: str) -> str | None:
        """The secret of that name.

        Raises:
            KeychainUnavailable: where there is no keychain to ask.
        """
        ...

    def set(self, name: str, secret: str) -> None:
        """Keep a secret.

        Raises:
            KeychainUnavailable: where it can't be kept.
        """
        ...

    def delete(self, name: str) -> None:
        """Forget a secret; does nothing where there is none.

        Raises:
            KeychainUnavailable: where there is no keychain to ask.
        """
        ...


class SystemKeychain:
    """The keychain that `keyring` finds; once it failed to answer it is absent for good."""

    def __init__(self, time_out: float = TIME_OUT) -> None:
        """Take the time-out in seconds; `keyring` is imported by the first call."""
        self._time_out = time_out
        self._absent: KeychainUnavailable | None = None

    def get(self, name: str) -> str | None:
        """The secret of that name."""
        secret: str | None = self._ask(lambda backend: backend.get_password(SERVICE, name))
        return secret

    def set(self, name: str, secret: str) -> None:
        """Keep a secret, and make sure that it can be read back."""

        def keep(backend: Any) -> bool:
            backend.set_password(SERVICE, name, secret)
            return bool(backend.get_password(SERVICE, name) == secret)

        if not self._ask(keep):
            raise KeychainUnavailable("the keychain did not keep what it was given")

    def delete(self, name: str) -> None:
        """Forget a secret; does nothing where there is none."""

        def forget(backend: Any) -> None:
            if backend.get_password(SERVICE, name) is not None:
                backend.delete_password(SERVICE, name)

        self._ask(forget)

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        if self._absent is not None:
            raise type(self._absent)(str(self._absent))  # anew: raising adds to a traceback
        answers: list[Any] = []
        failures: list[KeychainUnavailable] = []

        def work() -> None:
            try:
                answers.append(question(_backend()))
            except NoKeychain as error:
                self._absent = error
                failures.append(error)
            except Exception as error:  # noqa: BLE001 - a backend may raise anything
                # The type only: the text is not ours, and a secret may be in it.
                name = type(error).__name__
                failures.append(KeychainUnavailable(f"the keychain failed with {name}"))

        # A daemon, so that a call that never returns does not keep the program from ending.
        thread = threading.Thread(target=work, name="studybuddy-keychain", daemon=True)
        thread.start()
        thread.join(self._time_out)
        if answers:
            return answers[0]
        if not failures:
            late = KeychainUnavailable(f"the keychain did not answer in {self._time_out:g} seconds")
            self._absent = late
            failures.append(late)
        _log.info("keychain not used: %s", failures[0])
        raise failures[0]


def _backend() -> Any:
    import keyring  # 75 to 95 ms

    backend = keyring.get_keyring()
    # 0 is the backend that fails, below it are the one that forgets and a chain of nothing.
    if backend.priority <= 0:
        raise NoKeychain("this system has no keychain")
    return backend
