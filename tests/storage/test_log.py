"""The log file: enough to find a fault, and no key or message in it."""

from __future__ import annotations

import logging
import os
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from studybuddy.domain.settings import Settings
from studybuddy.storage.log import MESSAGES, Log, Redactor, start_log
from studybuddy.storage.paths import Paths

Start = Callable[..., Log]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.from_environment({"STUDYBUDDY_HOME": str(tmp_path)})


@pytest.fixture
def start(paths: Paths) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(
            settings: Settings | None = None,
            environ: dict[str, str] | None = None,
            at: Paths = paths,
        ) -> Log:
            log = start_log(at, settings or Settings(), environ or {})
            stack.callback(log.stop)
            return log

        yield begin


def test_nothing_is_made_before_the_first_line(paths: Paths, start: Start) -> None:
    start()
    assert not paths.log.exists()
    logging.getLogger("studybuddy.chat").info("began")
    assert "INFO studybuddy.chat: began" in paths.log_file.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(paths.log_file.stat().st_mode) == 0o600


def test_details_are_logged_only_where_they_are_asked_for(paths: Paths, start: Start) -> None:
    log = start()
    logging.getLogger("studybuddy.chat").debug("detail one")
    logging.getLogger("studybuddy.chat").info("news one")
    log.stop()
    start(environ={"STUDYBUDDY_DEBUG": "1"})
    logging.getLogger("studybuddy.chat").debug("detail two")
    logged = paths.log_file.read_text()
    assert "news one" in logged
    assert "detail one" not in logged
    assert "detail two" in logged


@pytest.mark.parametrize(
    "name", ["openai", "openai._base_client", "httpx2", "httpcore2", "asyncio"]
)
def test_libraries_tell_warnings_only_also_when_debugging(
    paths: Paths, start: Start, name: str
) -> None:
    start(environ={"STUDYBUDDY_DEBUG": "1"})
    logging.getLogger(name).debug("Request options: {'messages': 'my diary'}")
    logging.getLogger(name).info("HTTP Request")
    logging.getLogger(name).warning("retrying")
    logged = paths.log_file.read_text()
    assert "retrying" in logged
    assert "diary" not in logged
    assert "HTTP Request" not in logged


def test_texts_of_messages_are_logged_only_by_choice(paths: Paths, start: Start) -> None:
    log = start(environ={"STUDYBUDDY_DEBUG": "1"})
    logging.getLogger(MESSAGES).error("my diary")
    log.stop()
    assert not paths.log_file.exists()
    start(replace(Settings(), log_messages=True))
    logging.getLogger(MESSAGES).info("my homework")
    assert "my homework" in paths.log_file.read_text()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key sk-abcdef123456 refused", "abcdef123456"),
        ("key sk-proj-Ab_c-123456789, again", "Ab_c-123456789"),
        ("'Authorization': 'Bearer abc.def-123456'", "abc.def-123456"),
        ("authorization: bearer QWxhZGRpbjpvcGVu==", "QWxhZGRpbjpvcGVu"),
        ("api_key='my-own-server-key'", "my-own-server-key"),
        ('{"api-key": "my-own-server-key"}', "my-own-server-key"),
        ("https://h.test/v1?access_token=abcdefgh&x=1", "abcdefgh"),
        ("https://ann:hunter22@h.test/v1", "hunter22"),
        ("password: correcthorse", "correcthorse"),
    ],
)
def test_what_looks_like_a_key_is_hidden(text: str, secret: str) -> None:
    assert secret in text
    hidden = Redactor()(text)
    assert secret not in hidden
    assert "[hidden]" in hidden


@pytest.mark.parametrize(
    "text",
    [
        "the task-force met the desk-mates",
        "usage: prompt_tokens=1234567 completion_tokens=7654321",
        "http://127.0.0.1:11434/v1/chat/completions",
        "bearer token missing",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor()(text) == text


def test_registered_secrets_are_hidden_in_arguments_and_tracebacks_too(
    paths: Paths, start: Start
) -> None:
    log = start()
    log.register_secret("plain-lab-key")
    log.register_secret("plain-lab-key-and-more")
    log.register_secret("")
    logger = logging.getLogger("studybuddy.providers")
    logger.info("asked with %s and %r", "plain-lab-key-and-more", {"k": "plain-lab-key"})
    try:
        raise ValueError("bad header plain-lab-key")
    except ValueError:
        logger.exception("failed")
    logged = paths.log_file.read_text()
    assert "plain-lab-key" not in logged
    assert "and-more" not in logged
    assert logged.count("[hidden]") >= 3
    assert "ValueError: bad header" in logged
    assert "plain-lab-key" not in repr(log)


def test_text_from_outside_cannot_drive_the_terminal_that_shows_the_log(
    paths: Paths, start: Start
) -> None:
    start()
    logging.getLogger("studybuddy").info("server said %s", "\x1b[2J\x9b")
    logged = paths.log_file.read_text(encoding="utf-8")
    assert "\x1b" not in logged
    assert "␛[2J" in logged


def test_old_lines_make_room(paths: Paths, start: Start) -> None:
    start()
    for _ in range(60):
        logging.getLogger("studybuddy").info("x" * 100_000)
    sizes = [file.stat().st_size for file in paths.log.iterdir()]
    assert len(sizes) == 4
    assert all(size <= 1_000_000 for size in sizes)
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in paths.log.iterdir()} == {0o600}


def test_a_log_that_cannot_be_written_stops_nothing_and_says_nothing(
    tmp_path: Path, paths: Paths, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    start(at=replace(paths, log=tmp_path / "file" / "log"))
    logging.getLogger("studybuddy").info("into the void")
    assert capsys.readouterr() == ("", "")


def test_warnings_go_to_the_log_and_not_over_the_screen(
    paths: Paths, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    # pytest collects warnings by itself; a program has Python's own way.
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show = warnings.showwarning
        warnings.showwarning = warnings._showwarning_orig  # type: ignore[attr-defined]
        try:
            start()
            warnings.warn("this is deprecated", DeprecationWarning, stacklevel=1)
        finally:
            logging.captureWarnings(False)
            warnings.showwarning = show
    assert "this is deprecated" in paths.log_file.read_text()
    assert capsys.readouterr().err == ""


def test_stopping_leaves_logging_as_it_was(start: Start) -> None:
    names = ["", "studybuddy", MESSAGES, "openai", "httpx2"]
    before = [logging.getLogger(name).level for name in names], logging.getLogger().handlers[:]
    start().stop()
    after = [logging.getLogger(name).level for name in names], logging.getLogger().handlers[:]
    assert after == before
