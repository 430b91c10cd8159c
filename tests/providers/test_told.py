from __future__ import annotations

import pytest

from studybuddy.providers.told import LONGEST_QUOTE, retry_after, told

DATE = "Sat, 21 Nov 2026 10:00:00 GMT"
LATER = "Sat, 21 Nov 2026 10:00:30 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "20"}, 0.25),
        ({"retry-after": LATER, "date": DATE}, 30.0),
        ({"retry-after": DATE, "date": LATER}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_the_time_to_wait_is_read_in_each_of_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds


def test_a_date_is_counted_from_now_where_the_response_has_none() -> None:
    assert retry_after({"retry-after": LATER}, now=1795255200.0) == 30.0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "m", "code": 3}}, "m"),
        ({"error": "m"}, "m"),
        ({"message": "m"}, "m"),
        ({"detail": "m"}, "m"),
        ({"detail": [{"loc": ["body", "model"], "msg": "m"}]}, "body.model: m"),
        ([{"error": {"message": "m"}}], "m"),
        ("m", "m"),
        (b"m", "m"),
        (None, ""),
        ({}, ""),
        ([], ""),
        (7, ""),
        ("<!DOCTYPE html><p>m</p>", ""),
    ],
)
def test_the_message_is_found_in_every_kind_of_body(body: object, message: str) -> None:
    assert told(body).message == message


def test_a_page_is_known_as_one() -> None:
    assert told("\n <html><body>Bad gateway").is_page
    assert not told("<3 is not html").is_page


def test_the_status_inside_a_stream_is_taken_from_the_code() -> None:
    assert told({"code": 503, "message": "x"}).status == 503
    assert told({"code": 1000}).status == 0
    assert told({"code": 503}, 400).status == 400


def test_a_quote_is_short_harmless_and_without_keys() -> None:
    said = told({"message": "key sk-abcdefghij12 and my.key\x1b[31m\n\n  " + "long " * 100})
    quote = said.quote("my.key")
    assert len(quote) <= LONGEST_QUOTE
    assert "sk-" not in quote
    assert "my.key" not in quote
    assert "\x1b" not in quote
    assert "\n" not in quote
    assert quote.startswith("key … and …")
