"""Counting the tokens of texts and requests."""

from __future__ import annotations

import argparse
import io
import json
import random
from itertools import count
from pathlib import Path

import pytest

from studybuddy.commands import counting, tokens
from studybuddy.tokens.counter import Counter

CAREER = "I'm going to use AI to relaunch my career."
COUNTER = Counter()


class Pipe(io.TextIOWrapper):
    """Standard input with these bytes in it."""

    def __init__(self, data: bytes, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Screen(io.StringIO):
    """Standard error."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Counted:
    """What the command printed."""

    def __init__(
        self,
        *given: str,
        model: str = "gpt-4o",
        stdin: bytes = b"",
        terminal: bool = False,
        pace: float = 0.0,
    ) -> None:
        parser = argparse.ArgumentParser()
        tokens.add_arguments(parser)
        out, err = io.StringIO(), Screen(terminal=terminal)
        clock = (pace * looks for looks in count()).__next__
        pipe = Pipe(stdin, terminal=terminal and not stdin)
        services = tokens.TokensServices(COUNTER, model, pipe, out, err, clock)
        self.code = tokens.run(parser.parse_args(given), services)
        self.out, self.err = out.getvalue(), err.getvalue()


def request(*messages: tuple[str, object]) -> bytes:
    return json.dumps([{"role": role, "content": text} for role, text in messages]).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notes.txt"


def test_a_file_is_counted_and_the_number_stands_alone(file: Path) -> None:
    file.write_text(CAREER)
    counted = Counted(str(file), model="gpt-3.5-turbo")
    assert (counted.code, counted.out, counted.err) == (0, "12\n", "")


@pytest.mark.parametrize("given", [[], ["-"]])
def test_a_pipe_is_counted(given: list[str]) -> None:
    assert Counted(*given, model="gpt-3.5-turbo", stdin=CAREER.encode()).out == "12\n"


def test_nothing_has_no_tokens() -> None:
    assert Counted(stdin=b"").out == "0\n"


@pytest.mark.parametrize(
    ("model", "messages", "billed"),
    [
        (
            "gpt-3.5-turbo-0301",
            [
                ("system", "You are a helpful assistant."),
                ("user", "Who won the world series in 2020?"),
            ],
            28,
        ),
        (
            "gpt-3.5-turbo-0301",
            [("user", "write 100 character long tweet announcing a blog post ")],
            18,
        ),
        (
            "gpt-3.5-turbo-0125",
            [
                ("system", "You are an assistant that always answers in the form of a poem."),
                ("user", "what is the cutest animal?"),
            ],
            32,
        ),
    ],
)
def test_a_request_has_the_tokens_that_the_api_billed(
    model: str, messages: list[tuple[str, object]], billed: int, tmp_path: Path
) -> None:
    file = tmp_path / "request.json"
    file.write_bytes(request(*messages))
    counted = Counted("--messages", str(file), model=model)
    assert (counted.code, counted.out, counted.err) == (0, f"{billed}\n", "")
    whole = {"model": model, "messages": json.loads(file.read_bytes())}
    wrapped = Counted("--messages", "-", model=model, stdin=json.dumps(whole).encode())
    assert wrapped.out == f"{billed}\n"


def test_a_content_of_parts_counts_as_its_text() -> None:
    plain = Counted("--messages", "-", stdin=request(("user", "Why?")))
    parts = Counted("--messages", "-", stdin=request(("user", [{"type": "text", "text": "Why?"}])))
    assert plain.out == parts.out
    assert parts.err == ""


def test_a_name_counts_as_the_cookbook_has_it() -> None:
    # OpenAI's cookbook reports 129 prompt tokens for this request, and its first edition, whose
    # formula for gpt-3.5-turbo-0301 the other figures are by, 126.
    pattern = (
        "You are a helpful, pattern-following assistant that translates corporate jargon into "
        "plain English."
    )
    messages = [
        {"role": "system", "content": pattern},
        {
            "role": "system",
            "name": "example_user",
            "content": "New synergies will help drive top-line growth.",
        },
        {
            "role": "system",
            "name": "example_assistant",
            "content": "Things working well together will increase revenue.",
        },
        {
            "role": "system",
            "name": "example_user",
            "content": "Let's circle back when we have more bandwidth to touch base on "
            "opportunities for increased leverage.",
        },
        {
            "role": "system",
            "name": "example_assistant",
            "content": "Let's talk later when we're less busy about how to do better.",
        },
        {
            "role": "user",
            "content": "This late pivot means we don't have time to boil the ocean for the client "
            "deliverable.",
        },
    ]
    data = json.dumps(messages).encode()
    counted = Counted("--messages", "-", model="gpt-3.5-turbo", stdin=data)
    assert (counted.out, counted.err) == ("129\n", "")
    assert Counted("--messages", "-", model="gpt-3.5-turbo-0301", stdin=data).out == "126\n"


def test_an_estimate_says_so_beside_the_number() -> None:
    counted = Counted(model="llama3", stdin=b"hello")
    assert counted.code == 0
    assert int(counted.out) > 0
    assert counted.err == "≈ the tokenizer of llama3 is not known; counted with o200k_base.\n"


@pytest.mark.parametrize(
    ("message", "doubt"),
    [
        ({"role": "tool", "content": "4"}, "“tool”"),
        ({"role": "developer", "content": "Be kind."}, "“developer”"),
        ({"role": "king", "content": "Hear me."}, "“king”"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "“image_url” is not counted"),
        ({"role": "user", "content": ["One. ", "Two."]}, "several parts"),
        (
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"function": {"name": "add", "arguments": '{"a": 1}'}}],
            },
            "function calls",
        ),
    ],
)
def test_what_is_not_known_to_be_billed_so_is_an_estimate(
    message: dict[str, object], doubt: str
) -> None:
    counted = Counted("--messages", "-", "--json", stdin=json.dumps([message]).encode())
    told = json.loads(counted.out)
    assert counted.code == 0
    assert told["exact"] is False
    assert doubt in told["why"][0]
    assert counted.err.startswith("≈ ")
    assert told["tokens"] > 3


def test_functions_of_a_request_are_counted_as_an_estimate() -> None:
    messages = [{"role": "user", "content": "Add."}]
    tool = {"type": "function", "function": {"name": "add"}}
    without = Counted("--messages", "-", stdin=json.dumps({"messages": messages}).encode())
    with_it = Counted(
        "--messages", "-", stdin=json.dumps({"messages": messages, "tools": [tool]}).encode()
    )
    assert int(with_it.out) > int(without.out)
    assert "functions" in with_it.err


def test_json_has_everything(file: Path) -> None:
    file.write_bytes("naïve 😀".encode())
    counted = Counted(str(file), "--json", "--ids")
    assert json.loads(counted.out) == {
        "model": "gpt-4o",
        "encoding": "o200k_base",
        "tokens": len(COUNTER.tokens("naïve 😀", "o200k_base")),
        "exact": True,
        "characters": 7,
        "bytes": 11,
        "ids": [token.id for token in COUNTER.tokens("naïve 😀", "o200k_base")],
    }
    assert "ids" not in json.loads(Counted(str(file), "--json").out)


def test_ids_are_printed_in_one_line() -> None:
    counted = Counted("--ids", stdin=b"hello world")
    ids = [token.id for token in COUNTER.tokens("hello world", "o200k_base")]
    assert counted.out == " ".join(map(str, ids)) + "\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\r\n", "a\r\nb\r\n"),
        (b"\xef\xbb\xbfhello", "hello"),
        ("hello".encode("utf-16"), "hello"),
    ],
)
def test_a_text_is_taken_as_it_is_without_its_byte_order_mark(data: bytes, text: str) -> None:
    assert Counted("--json", stdin=data).out == Counted("--json", stdin=text.encode()).out
    assert json.loads(Counted("--json", stdin=data).out)["characters"] == len(text)


@pytest.mark.parametrize(
    ("given", "stdin", "sentence"),
    [
        (["gone.txt"], b"", "There is no file gone.txt."),
        (["\0"], b"", "can't be read"),
        (["."], b"", ". is a folder"),
        (["-"], b"\xff\xfe\xff", "no text"),
        (["-"], b"\x89PNG\r\n\x1a\n", "no text"),
        (["-"], b"a\0b", "no text"),
        (["-"], b"abc\xc3", "no text"),
        (["x", "--messages", "y"], b"", "not both"),
        (["--messages", "-", "--ids"], b"[]", "--ids"),
        (["--messages", "-"], b'[\n{"role": }]', "no JSON: Expecting value at line 2, column 10"),
        (["--messages", "-"], b"", "no JSON"),
        (["--messages", "-"], b"[" * 100_000, "nested too deeply"),
        (["--messages", "-"], b"[" + b"9" * 5_000 + b"]", "no request"),
        (["--messages", "-"], b"{}", "list of messages"),
        (["--messages", "-"], b"3", "list of messages"),
        (["--messages", "-"], b"[]", "no messages"),
        (["--messages", "-"], b'["hello"]', "message 1 of standard input is no object"),
        (["--messages", "-"], b'[{"content": "a"}]', "no role in message 1"),
        (["--messages", "-"], b'[{"role": 3}]', "no role in message 1"),
        (["--messages", "-"], b'[{"role": "user"}]', "There is no content in message 1"),
        (["--messages", "-"], b'[{"role": "user", "content": null}]', "no content in message 1"),
        (["--messages", "-"], b'[{"role": "assistant"}]', "no content in message 1"),
        (["--messages", "-"], b'[{"role": "user", "content": 3}]', "content of message 1"),
        (["--messages", "-"], b'[{"role": "user", "content": [3]}]', "content of message 1"),
    ],
)
def test_what_is_no_good_is_told_in_a_sentence(
    given: list[str], stdin: bytes, sentence: str
) -> None:
    counted = Counted(*given, stdin=stdin)
    assert (counted.code, counted.out) == (2, "")
    assert sentence in counted.err
    assert counted.err.count("\n") == 1


def test_at_a_terminal_it_says_how_it_is_used() -> None:
    counted = Counted(terminal=True)
    assert (counted.code, counted.out) == (2, "")
    assert "studybuddy tokens < notes.txt" in counted.err


def test_broken_surrogates_in_a_request_are_counted() -> None:
    counted = Counted("--messages", "-", stdin=b'[{"role": "user", "content": "\\ud83d"}]')
    assert counted.code == 0
    assert int(counted.out) > 0


def test_a_text_counted_in_pieces_has_the_tokens_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose = random.Random(4)
    words = [*"aB9 \n\t/.!'\"é日本😀", "the ", " 123", "\r\n", "  ", "don't", "日本語、", "-->"]
    text = "".join(choose.choices(words, k=20_000))
    whole = COUNTER.count(text, "gpt-4o").tokens
    monkeypatch.setattr(counting, "PIECE", 300)
    monkeypatch.setattr("studybuddy.commands.text_input.BLOCK", 1_000)
    for given in ([], ["--ids"]):
        told = json.loads(Counted("--json", *given, stdin=text.encode()).out)
        assert (told["tokens"], told["exact"]) == (whole, True)
        assert told["characters"] == len(text)


def test_a_text_without_a_place_to_cut_is_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "PIECE", 300)
    monkeypatch.setattr(counting, "LONGEST", 600)
    counted = Counted("--json", stdin=b"a" * 2_000)
    told = json.loads(counted.out)
    assert told["exact"] is False
    assert abs(told["tokens"] - COUNTER.count("a" * 2_000, "gpt-4o").tokens) < 8
    assert "too long" in counted.err


def test_a_request_is_counted_for_the_model_that_it_names_unless_another_is_asked_for() -> None:
    messages = [{"role": "user", "content": "日本語のテキスト"}]
    named = json.dumps({"model": "gpt-4", "messages": messages}).encode()
    plain = json.dumps(messages).encode()
    told = json.loads(Counted("--messages", "-", "--json", stdin=named).out)
    assert (told["model"], told["encoding"]) == ("gpt-4", "cl100k_base")
    older = Counted("--messages", "-", "--model", "gpt-4", stdin=plain)
    assert int(older.out) == told["tokens"]
    asked = Counted("--messages", "-", "--json", "--model", "gpt-4o", stdin=named)
    assert json.loads(asked.out)["model"] == "gpt-4o"
    assert json.loads(asked.out)["tokens"] != told["tokens"]
    nameless = json.dumps({"model": None, "messages": messages}).encode()
    assert json.loads(Counted("--messages", "-", "--json", stdin=nameless).out)["model"] == "gpt-4o"


def test_a_message_of_calls_or_a_refusal_needs_no_content() -> None:
    call = {"function": {"name": "look", "arguments": "{}"}}
    called = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    assert Counted("--messages", "-", stdin=json.dumps(called).encode()).code == 0
    refused = json.dumps([{"role": "assistant", "refusal": "I can't."}]).encode()
    said = request(("assistant", "I can't."))
    assert Counted("--messages", "-", stdin=refused).out == (
        Counted("--messages", "-", stdin=said).out
    )


def test_a_terminal_is_told_how_far_a_long_count_is_and_the_line_is_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("studybuddy.commands.text_input.BLOCK", 1_000)
    text = b"so it is " * 500
    slow = Counted(stdin=text, terminal=True, pace=2.0)
    assert "\r\x1b[KCounting… 1,000 characters so far" in slow.err
    assert slow.err.endswith("\r\x1b[K")
    assert slow.out == Counted(stdin=text).out
    assert Counted(stdin=text, terminal=True, pace=0.1).err == ""
    assert Counted(stdin=text, pace=2.0).err == ""


def test_interrupting_it_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tokens, "text_blocks", interrupt)
    counted = Counted(stdin=b"x")
    assert (counted.code, counted.out, counted.err) == (130, "", "")
