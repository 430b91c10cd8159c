"""Records of requests to a server that reports its usage in every variant."""

from __future__ import annotations

from contextlib import aclosing

from studybuddy.chat.metered import MeteredConnector
from studybuddy.domain.accounts import By, Origin, Selection, Total
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.messages import Role
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.usage import Usage
from studybuddy.providers.connector import EndpointConnector
from tests.support.accounting import accounts
from tests.support.memory_usage import MemoryUsageLog
from tests.support.scripted_server import ScriptedServer
from tests.support.usages import TEXT, USAGES, answer_reporting, answers_with_usage

REQUEST = CompletionRequest(((Role.USER, "Is it so?"),), origin=Origin("c1"))
COUNTED = Usage(3 + 3 + 3, len(TEXT.split()))
"""By words, as the tests' tokenizer counts."""


async def never() -> Endpoint:
    raise AssertionError("no engine is asked for here")


async def test_rows_have_what_the_server_reports_and_what_it_leaves_out_is_counted() -> None:
    variants = [
        *((answer_reporting(told), meant) for told, meant in USAGES.values()),
        *answers_with_usage().values(),
    ]
    log = MemoryUsageLog()
    books = accounts(log)
    wire = EndpointConnector(built_in=never)
    connector = MeteredConnector(wire, books)
    async with ScriptedServer(*(stream for stream, _ in variants)) as server:
        endpoint = Endpoint("lab", server.base_url, EndpointKind.REMOTE, "small")
        provider = await connector.connect(endpoint)
        for _ in variants:
            async with aclosing(provider.stream(REQUEST)) as events:
                assert [event async for event in events]
            await books.settled()  # so that rows are in the order of the requests
        await wire.close()
    rows = list(log.rows.values())
    assert len(rows) == len(variants)
    for row, (_, meant) in zip(rows, variants, strict=True):
        told = meant or Usage()
        assert row.reported == bool(told.prompt and told.completion)
        assert row.usage == Usage(
            told.prompt or COUNTED.prompt,
            told.completion or COUNTED.completion,
            told.cached,
            told.reasoning,
            told.cache_written,
        )
        assert row.cost is not None
    total = sum((Total.of(row) for row in rows), Total())
    assert total == books.session == await books.conversation("c1")
    for by in By:
        groups = await log.groups(by, Selection())
        assert sum((group.total for group in groups), Total()) == total
