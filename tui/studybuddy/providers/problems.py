"""Exceptions of the SDK and its transport, as problems that tell what happened and what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2
import openai

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.providers.addresses import origin
from studybuddy.providers.outcomes import malformed, silent
from studybuddy.providers.statuses import problem_of_status
from studybuddy.providers.told import retry_after, told
from studybuddy.providers.wording import program_of, who

# In the history of a handshake that was waiting, or whose connection was lost.
_NO_TLS_FAULT = (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLEOFError)


def problem_of(error: BaseException, endpoint: Endpoint, model: str = "") -> Problem:
    """The problem behind an exception of the SDK or of its transport.

    Args:
        error: what was raised.
        endpoint: where the request went; it decides the advice.
        model: the model that was asked, for telling.
    """
    if isinstance(error, openai.APIStatusError):
        response = error.response
        # The body's inside is all the SDK keeps as `body`; a body that is no JSON is its text.
        said = told(error.body, error.status_code)
        return problem_of_status(said, endpoint, model, retry_after(response.headers))
    history = list(causes(error))
    for cause in history:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _NO_TLS_FAULT):
            return _tls(cause, endpoint)
        if isinstance(cause, socket.gaierror):
            return _dns(cause, endpoint)
    for cause in history:
        if isinstance(cause, ConnectionRefusedError):
            return _refused(endpoint)
    for cause in history:
        if isinstance(cause, httpx2.ConnectTimeout | httpx2.PoolTimeout):
            return _unreachable(endpoint, timed_out=True)
        if isinstance(cause, httpx2.TimeoutException | TimeoutError):
            return silent(endpoint)
        if isinstance(cause, httpx2.ConnectError):
            return _unreachable(endpoint, timed_out=False)
        if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
            return Problem(
                ProblemKind.SETTINGS,
                f"The address of {who(endpoint)} can't be used.",
                "Check base_url in the settings, or --base-url.",
            )
        if isinstance(cause, httpx2.LocalProtocolError | UnicodeEncodeError):
            return Problem(
                ProblemKind.UNAUTHORIZED,
                f"The key for {who(endpoint)} has characters in it that can't be sent.",
                "Copy the key again, without spaces and line ends.",
            )
        if isinstance(cause, httpx2.DecodingError):
            return malformed(endpoint)
    return Problem(
        ProblemKind.NO_CONNECTION,
        f"{who(endpoint, start=True)} closed the connection without answering.",
        "Try again; if it stays so, look at the server's own messages."
        if endpoint.kind is not EndpointKind.OPENAI
        else "Try again in a moment.",
        transient=True,
    )


def is_broken_connection(error: BaseException) -> bool:
    """Whether `error` means that a connection broke which had been there."""
    broken = (httpx2.ReadError, httpx2.RemoteProtocolError, httpx2.WriteError, httpx2.CloseError)
    return any(isinstance(cause, broken) for cause in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from, the outermost first."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            pending.extend(cause.exceptions)
        pending.append(cause.__cause__ or cause.__context__)


def _refused(endpoint: Endpoint) -> Problem:
    if endpoint.kind is EndpointKind.BUILT_IN:
        return Problem(
            ProblemKind.ENGINE,
            "The engine of the built-in model is not answering.",
            "It is started again when you retry.",
            transient=True,
        )
    if endpoint.kind is EndpointKind.LOCAL:
        program = program_of(endpoint) or "the model server"
        return Problem(
            ProblemKind.NO_CONNECTION,
            f"Nothing answers at {origin(endpoint.base_url)}.",
            f"Is {program} running?",
        )
    return Problem(
        ProblemKind.NO_CONNECTION,
        f"{who(endpoint, start=True)} refuses the connection.",
        "Check the address and the port, or try again later.",
        transient=True,
    )


def _unreachable(endpoint: Endpoint, *, timed_out: bool) -> Problem:
    kind = ProblemKind.TIMEOUT if timed_out else ProblemKind.NO_CONNECTION
    if endpoint.kind in (EndpointKind.LOCAL, EndpointKind.BUILT_IN):
        return Problem(
            kind,
            f"{who(endpoint, start=True)} can't be reached.",
            "Does it speak https? Try the address with http://."
            if endpoint.base_url.startswith("https:")
            else "Is it running, and not overloaded?",
            transient=timed_out,
        )
    return Problem(
        kind,
        f"{who(endpoint, start=True)} can't be reached.",
        "Check your internet connection.",
        transient=True,
    )


def _dns(error: socket.gaierror, endpoint: Endpoint) -> Problem:
    # EAI_AGAIN is what a machine without a network gets: it passes, a misspelt name does not.
    passing = error.errno == socket.EAI_AGAIN
    spelling = "" if endpoint.kind is EndpointKind.OPENAI else " and the spelling of the address"
    return Problem(
        ProblemKind.DNS,
        f"The name {origin(endpoint.base_url).partition('//')[2]} could not be looked up.",
        f"Check your internet connection{spelling}.",
        transient=passing,
    )


def _tls(error: ssl.SSLError, endpoint: Endpoint) -> Problem:
    host = origin(endpoint.base_url).partition("//")[2]
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = (
            "Check the date of this machine, and whether a proxy or a login page of the network"
            " is in the way."
        )
        if endpoint.kind is EndpointKind.LOCAL:
            advice = "Use http:// for a server on this machine, or give it a trusted certificate."
        return Problem(ProblemKind.TLS, f"The certificate of {host} is not trusted.", advice)
    return Problem(
        ProblemKind.TLS,
        f"No secure connection to {host} could be made.",
        "If it is a plain server, write http:// instead of https:// in its address; otherwise"
        " check whether a proxy is in the way.",
    )
