from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.problems import ProblemKind
from studybuddy.providers.endpoints import at, built_in
from studybuddy.providers.problems import problem_of
from tests.support.completions import failure_of, provider_at

REMOTE = at("https://llm.example.org", "m")
OPENAI = at("https://api.openai.com", "m")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def fails_with(error: OSError, monkeypatch: pytest.MonkeyPatch, endpoint: Any) -> Any:
    """The problem of a request whose name look-up or connection fails so."""

    async def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        if isinstance(error, socket.gaierror):
            raise error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))]

    async def create_connection(*args: Any, **kwargs: Any) -> Any:
        raise error

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(loop, "create_connection", create_connection)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    provider = provider_at(endpoint)
    problem, _ = await failure_of(provider)
    await provider.close()
    return problem


async def test_a_local_port_that_nobody_listens_on_asks_whether_the_server_runs() -> None:
    port = free_port()
    provider = provider_at(at(f"http://127.0.0.1:{port}", "m"))
    problem, _ = await failure_of(provider)
    await provider.close()
    assert problem.kind is ProblemKind.NO_CONNECTION
    assert problem.sentence == f"Nothing answers at http://127.0.0.1:{port}."
    assert problem.advice == "Is the model server running?"
    assert not problem.transient


def test_on_a_known_port_the_advice_names_the_program() -> None:
    problem = problem_of(ConnectionRefusedError(), at("http://127.0.0.1:11434", "m"))
    assert problem.sentence == "Nothing answers at http://127.0.0.1:11434."
    assert problem.advice == "Is Ollama running?"


def test_an_engine_that_is_gone_is_tried_again() -> None:
    problem = problem_of(ConnectionRefusedError(), built_in("m"))
    assert problem.kind is ProblemKind.ENGINE
    assert problem.transient


async def test_a_machine_without_a_network_is_told_to_check_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    problem = await fails_with(error, monkeypatch, OPENAI)
    assert (problem.kind, problem.transient) == (ProblemKind.DNS, True)
    assert problem.advice == "Check your internet connection."


async def test_a_name_that_does_not_exist_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    problem = await fails_with(error, monkeypatch, REMOTE)
    assert (problem.kind, problem.transient) == (ProblemKind.DNS, False)
    assert "llm.example.org" in problem.sentence
    assert "spelling" in problem.advice


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EHOSTUNREACH])
async def test_an_unreachable_host_means_no_network(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = await fails_with(OSError(number, "unreachable"), monkeypatch, REMOTE)
    assert (problem.kind, problem.transient) == (ProblemKind.NO_CONNECTION, True)
    assert "internet" in problem.advice


async def test_a_connection_that_takes_too_long_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = await fails_with(TimeoutError(), monkeypatch, REMOTE)
    assert problem.kind in (ProblemKind.TIMEOUT, ProblemKind.NO_CONNECTION)
    assert problem.transient


@asynccontextmanager
async def raw_server(*, says: bytes) -> AsyncIterator[int]:
    """A server that answers the first bytes it gets with `says`, and then is silent."""
    over = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(says)
        await over.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        over.set()


async def test_https_to_a_plain_server_is_told_as_such() -> None:
    async with raw_server(says=b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        provider = provider_at(at(f"https://127.0.0.1:{port}", "m"))
        problem, _ = await failure_of(provider)
        await provider.close()
    assert (problem.kind, problem.transient) == (ProblemKind.TLS, False)
    assert "http://" in problem.advice


async def test_a_handshake_that_takes_too_long_is_no_fault_of_tls() -> None:
    async with raw_server(says=b"") as port:
        provider = provider_at(at(f"https://127.0.0.1:{port}", "m"), connecting=0.05)
        problem, _ = await failure_of(provider)
        await provider.close()
    assert (problem.kind, problem.transient) == (ProblemKind.TIMEOUT, True)


async def test_a_certificate_that_is_not_trusted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = await fails_with(ssl.SSLCertVerificationError(1, "self-signed"), monkeypatch, REMOTE)
    assert (problem.kind, problem.transient) == (ProblemKind.TLS, False)
    assert "certificate of llm.example.org" in problem.sentence


async def test_a_refused_connection_inside_a_group_of_attempts_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = OSError("All connection attempts failed")
    error.__cause__ = ExceptionGroup("attempts", [ConnectionRefusedError(), OSError("other")])
    problem = await fails_with(error, monkeypatch, REMOTE)
    assert "refuses the connection" in problem.sentence


def test_what_nobody_knows_is_a_lost_connection_that_may_be_tried_again() -> None:
    for kind in (REMOTE, OPENAI, at("http://127.0.0.1:5", "m")):
        problem = problem_of(OSError("odd"), kind)
        assert (problem.kind, problem.transient) == (ProblemKind.NO_CONNECTION, True)
        assert problem.advice
    assert OPENAI.kind is EndpointKind.OPENAI
