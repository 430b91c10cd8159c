"""One model's way from text to a number of tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studybuddy.domain.usage import Count
from studybuddy.tokens.cuts import pieces

if TYPE_CHECKING:
    from tiktoken import Encoding

# tiktoken's regular expressions give up on a run of about a million blanks.
_PIECE = 500_000
# Characters that are encoded in one go: making a list of all ids holds the interpreter's lock.
_AT_ONCE = 16_384
_BYTES_PER_TOKEN = 4
_SAMPLES = 3
_SAMPLE = 400  # characters of each
_TOKENS_A_CHARACTER = (  # of o200k_base, measured on prose: below which code point
    (0x80, 0.22),  # ASCII
    (0x800, 0.32),  # other Latin, Greek, Cyrillic, Hebrew, Arabic
    (0x2E80, 0.37),  # the scripts of India and its neighbours
    (0x10000, 0.8),  # Chinese, Japanese, Korean
    (0x110000, 1.5),  # emoji
)


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Counts with an encoding of tiktoken's, or estimates where none is to be had."""

    encoding: Encoding | None
    exact: bool
    """Whether the encoding is known to be the model's own."""

    def count(self, text: str) -> Count:
        """Tokens of a text; special tokens in it ("<|endoftext|>") are plain text."""
        if self.encoding is None:
            size = len(text.encode("utf-8", "surrogatepass"))
            return Count(-(-size // _BYTES_PER_TOKEN), exact=False)
        tokens, exact = 0, self.exact
        for part in pieces(text, _AT_ONCE):
            ids, whole = self.ids(part)
            tokens += len(ids)
            exact = exact and whole
        return Count(tokens, exact)

    def ids(self, text: str) -> tuple[list[int], bool]:
        """Ids of a text's tokens, and whether it could be encoded as a whole; none without one."""
        encoding = self.encoding
        if encoding is None:
            return [], False
        # Not `encode_ordinary`: where the regular expression gives up, that one panics and
        # writes to the terminal, while this one raises.
        try:
            return encoding.encode(text, disallowed_special=()), True
        except ValueError:
            parts = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
            encoded = (encoding.encode(part, disallowed_special=()) for part in parts)
            return [each for part in encoded for each in part], False

    def guess(self, text: str) -> int:
        """Tokens of a long text, from samples of it: in some 0.2 ms whatever its length."""
        if self.encoding is None or len(text) <= _SAMPLES * _SAMPLE:
            return guess(text)
        samples = _samples(text)
        tokens = sum(self.count(sample).tokens for sample in samples)
        return round(len(text) * tokens / sum(map(len, samples)))


def guess(text: str) -> int:
    """Tokens of a text by its scripts, where no vocabulary is loaded; quick for any length."""
    if not text:
        return 0
    samples = _samples(text)
    tokens = sum(_tokens_of(character) for sample in samples for character in sample)
    return max(1, round(len(text) * tokens / sum(map(len, samples))))


def _samples(text: str) -> list[str]:
    """Parts from the beginning, the middle and the end."""
    if len(text) <= _SAMPLES * _SAMPLE:
        return [text]
    apart = (len(text) - _SAMPLE) // (_SAMPLES - 1)
    return [text[number * apart : number * apart + _SAMPLE] for number in range(_SAMPLES)]


def _tokens_of(character: str) -> float:
    code = ord(character)
    return next(tokens for below, tokens in _TOKENS_A_CHARACTER if code < below)
