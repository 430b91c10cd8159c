"""Counting tokens, as `studybuddy.domain.counting.TokenCounter`."""

from __future__ import annotations

from collections.abc import Sequence

from studybuddy.domain.counting import MARGIN, Token
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Count
from studybuddy.tokens.foreign import foreignness
from studybuddy.tokens.learning import Estimates, Fit
from studybuddy.tokens.live import LiveDraft
from studybuddy.tokens.models import LATEST_ENCODING, Tokenization, tokenization
from studybuddy.tokens.tokenizer import Tokenizer
from studybuddy.tokens.vocabularies import PACKAGED, Vocabularies, VocabularyError

_MUCH_THE_SAME = 0.15  # of two foreignnesses


class Counter:
    """Counts with tiktoken's encodings; safe to use from several threads.

    The first count for an encoding loads it (see `Vocabularies`). Special tokens in a text
    ("<|endoftext|>") are counted as the plain text that they are.
    """

    def __init__(self, vocabularies: Vocabularies | None = None) -> None:
        """Share `vocabularies` with others, or make an own set."""
        self.estimates = Estimates()
        """What was learned of models; `restore` keeps it on disk."""
        self._vocabularies = vocabularies or Vocabularies()
        self._found: dict[str, Tokenization] = {}
        """What is known of a model by its name, which may take a slow import to find."""
        self._tokenizers: dict[str, Tokenizer] = {}
        """Of the models that were counted for."""
        self._read: dict[str, float] = {}
        """By model: the most foreign request that was learned from, see `foreignness`."""

    def count(self, text: str, model: str) -> Count:
        """Tokens of `text` for `model`."""
        how = self._how(model)
        counted = self._tokenizer(model).count(text)
        if how.exact_text:
            return counted
        return Count(self._fit(model, how).scaled(counted.tokens), exact=False)

    def count_message(self, role: Role, text: str, model: str) -> Count:
        """Prompt tokens of a message, with its role and what the chat format adds to each.

        Overhead as OpenAI's cookbook has it ("How to count tokens with tiktoken").
        """
        how = self._how(model)
        counted = self._plain(how, model, role, text)
        tokens = counted.tokens
        if not how.exact_text:
            tokens = self._fit(model, how).scaled(tokens)
        return Count(tokens, counted.exact and how.exact_request)

    def priming(self, model: str) -> Count:
        """Prompt tokens that a request has beside its messages: they begin the answer."""
        how = self._how(model)
        if how.exact_request:
            return Count(how.overhead.priming)
        return Count(self._fit(model, how).added(how.overhead.priming), exact=False)

    def count_request(self, messages: Sequence[tuple[Role, str]], model: str) -> Count:
        """Prompt tokens of a chat request: the sum of its messages and the priming."""
        counts = (self.count_message(role, text, model) for role, text in messages)
        return sum(counts, self.priming(model))

    def draft(self, model: str) -> LiveDraft:
        """A counter for the draft; making one loads nothing and is quick."""

        def known() -> Tokenizer | None:
            return self._tokenizers.get(model)

        def load() -> Tokenizer:
            return self._tokenizer(model)

        def corrected(counted: Count) -> Count:
            how = self._found.get(model)
            if how is None or how.exact_text:
                return counted
            return Count(self._fit(model, how).scaled(counted.tokens), counted.exact)

        return LiveDraft(known, load, corrected)

    def tokens(self, text: str, encoding: str) -> Sequence[Token]:
        """The tokens of a text in an encoding such as "o200k_base".

        Raises:
            StudyBuddyError: where the encoding is not installed.
        """
        try:
            found = self._vocabularies.encoding(encoding)
        except VocabularyError as error:
            raise StudyBuddyError(
                Problem(
                    ProblemKind.SETTINGS,
                    f"The encoding {encoding} is not installed.",
                    f"Choose one of {', '.join(self.encodings()) or 'none: reinstall the app'}.",
                )
            ) from error
        ids, _ = Tokenizer(found, exact=True).ids(text)
        return [Token(each, found.decode_single_token_bytes(each)) for each in ids]

    def encoding_of(self, model: str) -> tuple[str, bool]:
        """Name of the encoding that counts for a model, and whether it is the model's own.

        A model's own encoding that no package has is counted with the latest one.
        """
        how = self._how(model)
        if how.encoding in PACKAGED:
            return how.encoding, how.exact_text
        return LATEST_ENCODING, False

    def encodings(self) -> Sequence[str]:
        """Names of the encodings that are installed, the latest first."""
        return PACKAGED

    def margin(self, model: str, texts: Sequence[str]) -> float:
        """Share by which an estimate for a request of these texts may be too low.

        Where what was learned makes counts lower, that is in it: what the uncorrected count would
        not let pass does not pass.
        """
        how = self._how(model)
        if how.exact_request:
            return 0.0
        if how.exact_text:  # what is not known is the chat format
            return MARGIN
        share = MARGIN
        foreign = foreignness(texts)
        if foreign > self._read.get(model, 0.0) + _MUCH_THE_SAME:
            share += foreign
        return share + (1 + share) * (self._fit(model, how).doubt - 1)

    def learn(self, model: str, messages: Sequence[tuple[Role, str]], reported: int) -> None:
        """Take in how many prompt tokens the endpoint reported of a request.

        Where counts for the model are estimates, later ones become better by it.
        """
        how = self._how(model)
        if how.exact_request or reported <= 0:
            return
        counted = sum(self._plain(how, model, *message).tokens for message in messages)
        if self.estimates.learn(model, counted + how.overhead.priming, reported):
            foreign = foreignness([text for _, text in messages])
            self._read[model] = max(foreign, self._read.get(model, 0.0))

    def _plain(self, how: Tokenization, model: str, role: Role, text: str) -> Count:
        """Prompt tokens of a message before what was learned."""
        tokenizer = self._tokenizer(model)
        counted = tokenizer.count(role.value) + tokenizer.count(text)
        return counted + Count(how.overhead.per_message)

    def _how(self, model: str) -> Tokenization:
        found = self._found.get(model)
        if found is None:
            found = self._found[model] = tokenization(model)
        return found

    def _fit(self, model: str, how: Tokenization) -> Fit:
        # A model whose encoding is known can only differ by what its chat format adds.
        return self.estimates.fit(model, scales=not how.exact_text)

    def _tokenizer(self, model: str) -> Tokenizer:
        found = self._tokenizers.get(model)
        if found is None:
            found = self._tokenizers[model] = self._load(self._how(model))
        return found

    def _load(self, how: Tokenization) -> Tokenizer:
        for name in (how.encoding, LATEST_ENCODING):
            try:
                encoding = self._vocabularies.encoding(name)
            except VocabularyError:  # not packaged: an old encoding, or a broken installation
                continue
            return Tokenizer(encoding, how.exact_text and name == how.encoding)
        return Tokenizer(None, exact=False)
