"""Which encoding a model uses, and what a chat request costs beside its texts."""

from __future__ import annotations

from dataclasses import dataclass

LATEST_ENCODING = "o200k_base"

# Names that tiktoken does not map yet, by how they begin. It maps fine-tuned models by
# "ft:gpt-4" too, which is wrong for gpt-4.1 and 4.5: these go by the name of their base.
_PREFIXES = {
    "gpt-5": LATEST_ENCODING,
    "gpt-4o": LATEST_ENCODING,
    "gpt-4.": LATEST_ENCODING,
    "gpt-oss": LATEST_ENCODING,  # o200k_harmony only adds special tokens to it
    "gpt-audio": LATEST_ENCODING,
    "gpt-realtime": LATEST_ENCODING,
    "chatgpt-4o": LATEST_ENCODING,
    "o1": LATEST_ENCODING,
    "o3": LATEST_ENCODING,
    "o4-mini": LATEST_ENCODING,
    "codex-mini": LATEST_ENCODING,
    "gpt-4": "cl100k_base",
    "gpt-3.5": "cl100k_base",
    "gpt-35": "cl100k_base",
}
# Where the formula of `Overhead` is what the API was seen to bill. Reasoning models are billed
# by a format of their own that is not published, so their requests are estimates.
_BILLED_BY_FORMULA = ("gpt-4", "gpt-3.5", "gpt-35", "chatgpt-4o")


@dataclass(frozen=True, slots=True)
class Overhead:
    """Tokens that a chat request has beside the texts and role names of its messages."""

    per_message: int
    priming: int
    """For the beginning of the answer."""


@dataclass(frozen=True, slots=True)
class Tokenization:
    """How a model's tokens are counted."""

    encoding: str
    """Name of the encoding, as tiktoken has it."""
    overhead: Overhead
    exact_text: bool
    """Whether the encoding is known to be the model's."""
    exact_request: bool
    """Whether the overhead, too, is known to be what is billed."""


_FIRST_GENERATION = Overhead(per_message=4, priming=2)  # gpt-3.5-turbo-0301
_OVERHEAD = Overhead(per_message=3, priming=3)  # every later model


def tokenization(model: str) -> Tokenization:
    """Tell how the tokens of `model` are counted; unknown ones are estimates.

    A provider before a slash ("openai/gpt-4o") and a fine-tuned model's parts
    ("ft:gpt-4o-mini:school::id") are left out; case does not matter.
    """
    name = model.strip().lower().removeprefix("openai/")
    if name.startswith("ft:"):
        name = name.split(":")[1]
    overhead = _FIRST_GENERATION if name == "gpt-3.5-turbo-0301" else _OVERHEAD
    encoding = _encoding_name(name)
    if encoding is None:
        return Tokenization(LATEST_ENCODING, overhead, exact_text=False, exact_request=False)
    billed = name.startswith(_BILLED_BY_FORMULA)
    return Tokenization(encoding, overhead, exact_text=True, exact_request=billed)


def _encoding_name(name: str) -> str | None:
    for prefix, encoding in _PREFIXES.items():
        if name == prefix or (name.startswith(prefix) and _ends_word(prefix, name[len(prefix)])):
            return encoding
    from tiktoken.model import encoding_name_for_model

    try:
        return encoding_name_for_model(name)
    except KeyError:
        return None


def _ends_word(prefix: str, following: str) -> bool:
    """Whether `prefix` is a whole part of the name, so that "o1" is not found in "o12b"."""
    return prefix.endswith(".") or not following.isalnum()
