"""Usage in every variant that servers have been seen, or feared, to report.

`USAGES` are `usage` objects; `answers_with_usage` are whole streams that carry usage in other
places and rhythms. Each comes with what the app is to make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studybuddy.domain.usage import Usage
from tests.support.wire import DONE, Event, Step, Stream, chunk

TEXT = "It is so."
"""What the streams of `answers_with_usage` say."""


def _told(prompt: Any, completion: Any, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, **more}


USAGES: Mapping[str, tuple[Any, Usage | None]] = {
    "none": (None, None),
    "empty": ({}, None),
    "all null": (_told(None, None, total_tokens=None), None),
    "not an object": ("lots", None),
    "a list": ([12, 34], None),
    "plain": (_told(12, 34, total_tokens=46), Usage(12, 34)),
    # A prompt has tokens: who reports none has not counted.
    "zero": (_told(0, 0, total_tokens=0), None),
    "zero prompt": (_told(0, 34, total_tokens=34), Usage(0, 34)),
    "prompt only": ({"prompt_tokens": 12}, Usage(12, 0)),
    "completion only": ({"completion_tokens": 34}, Usage(0, 34)),
    "prompt and total": ({"prompt_tokens": 12, "total_tokens": 46}, Usage(12, 34)),
    "completion and total": ({"completion_tokens": 34, "total_tokens": 46}, Usage(12, 34)),
    "total only": ({"total_tokens": 46}, None),
    "without total": (_told(12, 34), Usage(12, 34)),
    "wrong total": (_told(12, 34, total_tokens=7), Usage(12, 34)),
    "null prompt": (_told(None, 34), Usage(0, 34)),
    "strings": (_told("12", " 34 "), Usage(12, 34)),
    "words": (_told("many", "lots"), None),
    "floats": (_told(12.0, 34.9), Usage(12, 34)),
    "true": (_told(True, False), None),
    "negative": (_told(-12, 34), Usage(0, 34)),
    "all negative": (_told(-1, -1), None),
    # More than any server has read or written: that part is taken for not reported.
    "huge": (_told(10**18, 10**18), None),
    "huge as float": (_told(1e18, 1e300), None),
    "huge as text": (_told("9" * 40, 1), Usage(0, 1)),
    "past any integer": (_told(10**40, 1), Usage(0, 1)),
    "a huge completion": (_told(12, 10**18), Usage(12, 0)),
    "huge details": (
        _told(12, 34, prompt_tokens_details={"cached_tokens": 10**18}, total_tokens=10**30),
        Usage(12, 34),
    ),
    "details empty": (
        _told(12, 34, prompt_tokens_details={}, completion_tokens_details={}),
        Usage(12, 34),
    ),
    "details null": (
        _told(12, 34, prompt_tokens_details=None, completion_tokens_details=None),
        Usage(12, 34),
    ),
    "details wrong": (
        _told(12, 34, prompt_tokens_details=5, completion_tokens_details=["x"]),
        Usage(12, 34),
    ),
    "OpenAI": (
        _told(
            1200,
            340,
            total_tokens=1540,
            prompt_tokens_details={"cached_tokens": 1024, "audio_tokens": 0},
            completion_tokens_details={
                "reasoning_tokens": 192,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        ),
        Usage(1200, 340, cached=1024, reasoning=192),
    ),
    "OpenAI, cache written": (
        _told(
            1200,
            34,
            prompt_tokens_details={"cached_tokens": 128, "cache_write_tokens": 1024},
        ),
        Usage(1200, 34, cached=128, cache_written=1024),
    ),
    "OpenRouter": (
        _told(
            194,
            2,
            total_tokens=196,
            cost=0.95,
            cost_details={"upstream_inference_cost": 19},
            prompt_tokens_details={
                "cached_tokens": 10,
                "cache_write_tokens": 100,
                "audio_tokens": 0,
            },
            completion_tokens_details={"reasoning_tokens": 0},
        ),
        Usage(194, 2, cached=10, cache_written=100),
    ),
    "DeepSeek": (
        _told(100, 50, prompt_cache_hit_tokens=80, prompt_cache_miss_tokens=20, total_tokens=150),
        Usage(100, 50, cached=80),
    ),
    "LiteLLM before Anthropic": (
        _told(
            1100,
            50,
            total_tokens=1150,
            cache_creation_input_tokens=300,
            cache_read_input_tokens=700,
            prompt_tokens_details={"cached_tokens": 700, "cache_creation_tokens": 300},
        ),
        Usage(1100, 50, cached=700, cache_written=300),
    ),
    "Anthropic's way, prompt without cache": (
        _told(100, 50, cache_creation_input_tokens=300, cache_read_input_tokens=700),
        Usage(1100, 50, cached=700, cache_written=300),
    ),
    "Moonshot": (_told(100, 50, cached_tokens=64), Usage(100, 50, cached=64)),
    "xAI, reasoning beside the completion": (
        _told(32, 9, total_tokens=135, completion_tokens_details={"reasoning_tokens": 94}),
        Usage(32, 103, reasoning=94),
    ),
    "reasoning beside, counted in the total": (
        _told(32, 100, total_tokens=182, completion_tokens_details={"reasoning_tokens": 50}),
        Usage(32, 150, reasoning=50),
    ),
    "Gemini, thoughts in the total alone": (
        _told(32, 9, total_tokens=135),
        Usage(32, 103, reasoning=94),
    ),
    "a total of another kind": (_told(12, 34, total_tokens=9_000_000), Usage(12, 34)),
    "all reasoning": (
        _told(32, 64, total_tokens=96, completion_tokens_details={"reasoning_tokens": 64}),
        Usage(32, 64, reasoning=64),
    ),
    "more cached than prompt: it is what is in no cache": (
        _told(12, 34, prompt_tokens_details={"cached_tokens": 99, "cache_write_tokens": 9}),
        Usage(111, 34, cached=99, cache_written=9),
    ),
    "details of nonsense": (
        _told(
            12,
            34,
            prompt_tokens_details={"cached_tokens": -3, "cache_write_tokens": "x"},
            completion_tokens_details={"reasoning_tokens": None},
        ),
        Usage(12, 34),
    ),
    "run of an assistant": (
        _told(
            1200,
            34,
            total_tokens=1234,
            prompt_token_details={"cached_tokens": 1024},
            completion_tokens_details={"reasoning_tokens": 8},
        ),
        Usage(1200, 34, cached=1024, reasoning=8),
    ),
}
"""Name to the `usage` object and what it tells; `None` is to be taken for nothing reported."""


def _with(step: Event, **more: Any) -> Event:
    return Event({**step.data, **more})


def _stream(*last: Step, usage: Any = None, finish: Mapping[str, Any] | None = None) -> Stream:
    """An answer; `usage` comes with each chunk of text, `finish` with the chunk that ends it."""
    words = [chunk({"content": piece}) for piece in (TEXT[:3], TEXT[3:6], TEXT[6:])]
    if usage is not None:
        words = [_with(word, usage=usage(number)) for number, word in enumerate(words)]
    return Stream([*words, _with(chunk({}, "stop"), **(finish or {})), *last, DONE])


def answer_reporting(usage: Any) -> Stream:
    """An answer with this as its `usage`, whatever it is, in a last chunk of its own."""
    return _stream(_with(chunk(), usage=usage))


def answers_with_usage() -> Mapping[str, tuple[Stream, Usage | None]]:
    """Name to an answer that says `TEXT`, and the usage that it reports."""
    plain = _told(12, 34, total_tokens=46)
    timings = {"cache_n": 5, "prompt_n": 7, "predicted_n": 34, "predicted_ms": 10.5}
    moonshot = {"index": 0, "delta": {}, "finish_reason": "stop", "usage": plain}
    return {
        "in a chunk of its own": (answer_reporting(plain), Usage(12, 34)),
        "with the end": (_stream(finish={"usage": plain}), Usage(12, 34)),
        "in every chunk": (
            _stream(_with(chunk(), usage=plain), usage=lambda n: _told(12, 10 * n)),
            Usage(12, 34),
        ),
        "in every chunk, the last null": (
            _stream(_with(chunk(), usage=None), usage=lambda n: _told(12, 17 * n)),
            Usage(12, 34),
        ),
        "in every chunk, zeros at the end": (
            _stream(_with(chunk(), usage=_told(0, 0)), usage=lambda n: _told(12, 17 * n)),
            Usage(12, 34),
        ),
        "prompt first, completion last": (
            _stream(_with(chunk(), usage=_told(0, 34)), usage=lambda n: _told(12, 1)),
            Usage(12, 34),
        ),
        "in x_groq alone": (
            _stream(finish={"x_groq": {"id": "req", "usage": {**plain, "queue_time": 0.1}}}),
            Usage(12, 34),
        ),
        "in x_groq too": (
            _stream(_with(chunk(), usage=plain), finish={"x_groq": {"usage": plain}}),
            Usage(12, 34),
        ),
        "in the choice, as Moonshot": (_stream(finish={"choices": [moonshot]}), Usage(12, 34)),
        "in timings alone": (_stream(finish={"timings": timings}), Usage(12, 34, cached=5)),
        "in timings too": (
            _stream(_with(chunk(), usage=plain), finish={"timings": timings}),
            Usage(12, 34),
        ),
        "in timings without the cache": (
            _stream(finish={"timings": {"prompt_n": 7, "predicted_n": 34}}),
            None,
        ),
        "nowhere": (_stream(), None),
        "in odd timings and x_groq": (_stream(finish={"timings": 3, "x_groq": "no"}), None),
    }
