"""`studybuddy serve`: arguments, start message, and an orderly end."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx2
import pytest

from studybuddy.engine.private_files import read_engine_file
from studybuddy.engine.serve import (
    DEFAULT_PORT,
    TOKEN_VARIABLE,
    ServeOptions,
    UsageProblem,
    add_arguments,
    read_options,
)
from studybuddy.engine.server import _say_where
from studybuddy.engine.sockets import listen
from tests.engine.engines import ENOUGH, unused_port
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import MODEL, Hang, Stream, answer

SERVE = (sys.executable, "-m", "studybuddy", "serve")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder for each test, since two engines can't share one."""
    monkeypatch.setenv("STUDYBUDDY_HOME", str(tmp_path / "home"))


def options(*arguments: str, environ: dict[str, str] | None = None) -> ServeOptions:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return read_options(parser.parse_args(arguments), {} if environ is None else environ)


def test_it_listens_on_loopback_at_a_fixed_port_with_a_random_token() -> None:
    first, second = options(), options()
    assert (first.host, first.port) == ("127.0.0.1", DEFAULT_PORT)
    assert first.token_is_random
    assert first.token != second.token
    assert first.token not in repr(first)


def test_a_token_from_the_environment_is_taken_and_not_handed_on() -> None:
    environ = {TOKEN_VARIABLE: "token-from-outside"}
    taken = options(environ=environ)
    assert (taken.token, taken.token_is_random) == ("token-from-outside", False)
    assert environ == {}


def test_a_token_file_goes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token-from-a-file")
    taken = options(
        "--token-file", str(tmp_path / "token"), environ={TOKEN_VARIABLE: "token-from-outside"}
    )
    assert taken.token == "token-from-a-file"


def test_the_upstreams_key_comes_from_the_variable_that_is_named() -> None:
    taken = options(
        "--upstream", "http://h/v1/", "--upstream-key-env", "KEY", environ={"KEY": "upstream-key"}
    )
    assert (taken.upstream, taken.upstream_key) == ("http://h/v1", "upstream-key")
    assert "upstream-key" not in repr(taken)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--model", "m"], "--model names a model of --upstream"),
        (["--upstream", "localhost:11434"], "must begin with http"),
        (["--upstream", "http://h/v1", "--upstream-key-env", "NONE"], "NONE is empty"),
        (["--upstream", "http://h/v1", "--model-file", "f"], "exclude each other"),
        (["--companion"], "--companion needs"),
        (["--token-file", "/no/such/folder/token"], "can't be used"),
    ],
)
def test_arguments_that_make_no_sense_are_told(arguments: list[str], reason: str) -> None:
    with pytest.raises(UsageProblem, match=re.escape(reason)):
        options(*arguments)


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for port in ("-1", "65536", "http", "²"):
        with pytest.raises(SystemExit):
            options(f"--port={port}")
    assert "is no port" in capsys.readouterr().err


def test_an_address_that_others_reach_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    _say_where(options("--host", "0.0.0.0"), 80)
    assert "Warning: other computers can reach it" in capsys.readouterr().err
    _say_where(options(), 80)
    assert "Warning" not in capsys.readouterr().err


def test_a_token_that_was_given_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    _say_where(options(environ={TOKEN_VARIABLE: "token-from-outside"}), 80)
    told = capsys.readouterr().err
    assert "token-from-outside" not in told
    assert "Bearer $TOKEN" in told


def test_a_password_in_the_upstreams_address_is_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = options("--upstream", "http://user:sesame@127.0.0.1:9/v1")
    _say_where(given, 80)
    said = capsys.readouterr().err
    assert "serves http://127.0.0.1:9/v1 at" in said
    assert "sesame" not in said + repr(given)


def test_help_is_told_without_loading_the_server() -> None:
    code = (
        "import sys\n"
        "from studybuddy.engine import serve\n"
        "heavy = {'asyncio', 'uvicorn', 'starlette', 'httpx2', 'msgspec'} & sys.modules.keys()\n"
        "sys.exit(', '.join(heavy) or None)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@asynccontextmanager
async def serving(
    *arguments: str, **environ: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The command as a process, and what it said at its start."""
    process = await asyncio.create_subprocess_exec(
        *SERVE,
        *arguments,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environ},
    )
    assert process.stderr is not None
    said = ""
    try:
        async with asyncio.timeout(ENOUGH):
            while "Ctrl+C" not in said:
                line = (await process.stderr.readline()).decode()
                assert line, said
                said += line
        yield process, said
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_says_where_it_is_answers_and_ends_in_order(number: int, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    async with ScriptedServer(answer("A cell.")) as upstream:
        arguments = ["--port", "0", "--upstream", upstream.base_url, "--ready-file", str(ready)]
        async with serving(*arguments) as (process, said):
            base_url = re.findall(r"at (http://127\.0\.0\.1:\d+/v1)", said)[0]
            token = re.findall(r"Token.*: (\S+)", said)[0]
            assert f"Bearer {token}" in said
            file = read_engine_file(ready)
            assert file is not None
            assert (file.base_url, file.token, file.pid) == (base_url, token, process.pid)
            async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
                response = await client.get(
                    f"{base_url}/models", headers={"Authorization": f"Bearer {token}"}
                )
            assert response.json()["data"][0]["id"] == MODEL
            process.send_signal(number)
            assert process.stderr is not None
            rest = (await asyncio.wait_for(process.stderr.read(), ENOUGH)).decode()
            assert await process.wait() == 0
            assert rest == "The engine has stopped.\n"
            assert not ready.exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
async def test_an_answer_under_way_does_not_hold_up_the_end() -> None:
    async with ScriptedServer(Stream([Hang()])) as upstream:
        arguments = ("--port", "0", "--upstream", upstream.base_url)
        async with serving(*arguments, STUDYBUDDY_TOKEN="token-of-test") as (process, said):
            base_url = re.findall(r"at (http://\S+)", said)[0]
            async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=ENOUGH) as client:
                asking = asyncio.create_task(
                    client.post(
                        f"{base_url}/chat/completions",
                        headers={"Authorization": "Bearer token-of-test"},
                        json={"messages": [{"role": "user", "content": "hi"}], "stream": True},
                    )
                )
                await asyncio.wait_for(upstream.arrived.wait(), ENOUGH)
                process.send_signal(signal.SIGINT)
                assert (await asking).json()["error"]["code"] == "engine_shutting_down"
            assert process.stderr is not None
            rest = (await asyncio.wait_for(process.stderr.read(), ENOUGH)).decode()
            assert rest == "The engine has stopped.\n"
            assert await process.wait() == 0


def test_small_packets_are_not_held_back() -> None:
    """asyncio turns Nagle's algorithm off only for sockets that name their protocol."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert not listener.getblocking()


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([*SERVE, *arguments], capture_output=True, text=True, timeout=ENOUGH)
    return done.returncode, done.stderr


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run("--port", str(port), "--upstream", f"http://127.0.0.1:{unused_port()}/v1")
    assert code == 1
    assert said.count("\n") == 1
    assert f"Port {port} is in use" in said


def test_a_wrong_model_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "wrong.gguf").write_text("no model")
    code, said = run("--port", "0", "--model-file", str(tmp_path / "wrong.gguf"))
    assert code == 1
    assert "not a model in the GGUF format" in said
    assert said.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals")
async def test_a_second_engine_is_kept_off_the_data_of_the_first(tmp_path: Path) -> None:
    arguments = ["--upstream", f"http://127.0.0.1:{unused_port()}/v1", "--port", "0"]
    arguments += ["--data-dir", str(tmp_path / "data")]
    async with serving(*arguments):
        code, said = await asyncio.to_thread(run, *arguments)
        assert code == 1
        assert said.count("\n") == 1
        assert f"Another engine uses the folder {tmp_path / 'data'}" in said
        async with serving(*arguments[:-1], str(tmp_path / "other")):
            pass


async def test_a_data_folder_that_can_not_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    code, said = run("--port", "0", "--data-dir", str(tmp_path / "file" / "data"))
    assert code == 1
    assert said.count("\n") == 1
    assert "can't be used" in said


@pytest.mark.parametrize(
    ("content", "reason"), [("no database at all", "can't be opened"), ("", "newer version")]
)
def test_data_that_can_not_be_read_is_told_in_one_line(
    content: str, reason: str, tmp_path: Path
) -> None:
    database = tmp_path / "engine.sqlite3"
    database.write_text(content * 100)
    if not content:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version = 1000")
    code, said = run(
        *("--port", "0", "--upstream", f"http://127.0.0.1:{unused_port()}/v1"),
        *("--data-dir", str(tmp_path)),
    )
    assert code == 1
    assert said.count("\n") == 1
    assert reason in said


def test_wrong_usage_is_told_in_one_line() -> None:
    code, said = run("--model", "m")
    assert code == 2
    assert said.count("\n") == 1
