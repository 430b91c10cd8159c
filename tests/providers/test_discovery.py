from __future__ import annotations

import asyncio

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.providers.discovery import discover
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Hang, Reply, Stream, answer, model_list


async def test_servers_that_list_models_are_found_in_order_and_all_else_is_passed_over() -> None:
    async with (
        ScriptedServer(answer("x"), models=model_list("nomic-embed-text", "llama")) as ollama,
        ScriptedServer(answer("x"), models=Reply("<html>a web app</html>")) as page,
        ScriptedServer(answer("x"), models=Reply({"detail": "Not Found"}, 404)) as missing,
        ScriptedServer(answer("x"), models=model_list()) as empty,
        ScriptedServer(answer("x"), models=model_list("m")) as studio,
    ):
        ports = {
            studio.port: "LM Studio",
            page.port: "page",
            missing.port: "missing",
            empty.port: "empty",
            ollama.port: "Ollama",
        }
        assert await discover(ports, seconds=5.0) == [
            Endpoint("lm-studio", studio.base_url, EndpointKind.LOCAL, "m"),
            Endpoint("ollama", ollama.base_url, EndpointKind.LOCAL, "llama"),
        ]


async def test_a_server_that_does_not_answer_in_time_is_passed_over() -> None:
    async with (
        ScriptedServer(answer("x"), models=Stream([Hang()])) as stuck,
        ScriptedServer(answer("x"), models=model_list("m")) as good,
    ):
        found = await discover({stuck.port: "stuck", good.port: "good"}, seconds=0.3)
    assert [endpoint.name for endpoint in found] == ["good"]


async def test_a_server_that_speaks_something_else_is_passed_over() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-nothing here\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        assert await discover({server.sockets[0].getsockname()[1]: "ssh"}, seconds=5.0) == []


async def test_where_nothing_listens_nothing_is_found() -> None:
    async with ScriptedServer(answer("x")) as server:
        port = server.port
    assert await discover({port: "gone"}) == []
