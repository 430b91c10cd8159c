"""Counting tokens, as `studybuddy.domain.ports.TokenCounter`."""

from __future__ import annotations

from collections.abc import Sequence

from studybuddy.domain.messages import Role
from studybuddy.tokens.models import LATEST_ENCODING, tokenization
from studybuddy.tokens.vocabularies import Vocabularies, VocabularyError

# tiktoken's regular expressions give up on a run of about a million blanks.
_PIECE = 500_000
_BYTES_PER_TOKEN = 4


class Counter:
    """Counts with tiktoken's encodings; safe to use from several threads.

    The first count for an encoding loads it (see `Vocabularies`). Special tokens in a text
    ("<|endoftext|>") are counted as the plain text that they are.
    """

    def __init__(self, vocabularies: Vocabularies | None = None) -> None:
        """Share `vocabularies` with others, or make an own set."""
        self._vocabularies = vocabularies or Vocabularies()

    def count(self, text: str, model: str) -> tuple[int, bool]:
        """Return the tokens of `text` for `model`, and whether that is exact."""
        how = tokenization(model)
        tokens, exact = self._count(text, how.encoding)
        return tokens, exact and how.exact_text

    def count_request(self, messages: Sequence[tuple[Role, str]], model: str) -> tuple[int, bool]:
        """Return the prompt tokens of a chat request, and whether that is what is billed.

        Chat overhead as OpenAI's cookbook has it ("How to count tokens with tiktoken").
        """
        how = tokenization(model)
        total = how.overhead.priming
        exact = how.exact_request
        for role, text in messages:
            for part in (role.value, text):
                tokens, counted = self._count(part, how.encoding)
                total += tokens
                exact = exact and counted
            total += how.overhead.per_message
        return total, exact

    def _count(self, text: str, encoding_name: str) -> tuple[int, bool]:
        exact = True
        try:
            encoding = self._vocabularies.encoding(encoding_name)
        except VocabularyError:
            exact = False  # not packaged: an old encoding, or a broken installation
            try:
                encoding = self._vocabularies.encoding(LATEST_ENCODING)
            except VocabularyError:
                return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_PER_TOKEN), False
        # Not `encode_ordinary`: where the regular expression gives up, that one panics and
        # writes to the terminal, while this one raises.
        try:
            return len(encoding.encode(text, disallowed_special=())), exact
        except ValueError:
            pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
            return sum(len(encoding.encode(p, disallowed_special=())) for p in pieces), False
