"""Where an answer that was cut goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.seam import Seam


def whole(text: str, *deltas: str, known: str = "") -> str:
    seam = Seam(text, known)
    return text + "".join([*(seam.add(delta) for delta in deltas), seam.end()])


@pytest.mark.parametrize(
    ("text", "deltas", "expected"),
    [
        (
            "The sky is blue because",
            [" of", " scattering."],
            "The sky is blue because of scattering.",
        ),
        ("The sky is", ["blue."], "The sky is blue."),
        ("One,", ["two."], "One, two."),
        ("Pi is 3.", ["14."], "Pi is 3.14."),
        ("It was 19", ["45."], "It was 1945."),
        ("天空", ["是蓝色的"], "天空是蓝色的"),
        ("One.\n", ["\nTwo."], "One.\n\nTwo."),
        ("Sky", [".", " Yes"], "Sky. Yes"),
        ("The sky", [" ..", ". is blue"], "The sky is blue"),
        ("1, 2,", [" ", "...", ", 10"], "1, 2, ..., 10"),
    ],
)
def test_what_comes_is_put_where_the_text_was_cut(
    text: str, deltas: list[str], expected: str
) -> None:
    assert whole(text, *deltas) == expected


@pytest.mark.parametrize(
    ("text", "deltas", "expected"),
    [
        (
            "Light is scattered by the air",
            ["by the", " air and"],
            "Light is scattered by the air and",
        ),
        (
            "Light is scattered by the air",
            ["...by the air", " and"],
            "Light is scattered by the air and",
        ),
        ("Light is scattered by", ["Light is scat", "tered by air."], "Light is scattered by air."),
        (
            "- one\n- second thing",
            ["- second thing\n", "- three"],
            "- one\n- second thing\n- three",
        ),
        ("It is photosyn", ["photosyn", "thesis."], "It is photosynthesis."),
    ],
)
def test_what_is_said_again_at_the_seam_is_left_out(
    text: str, deltas: list[str], expected: str
) -> None:
    assert whole(text, *deltas) == expected


def test_a_word_that_the_cut_has_parted_is_put_together_where_it_is_known() -> None:
    asked = "What is photosynthesis?"
    assert whole("Photosynthesis is photosyn", "thesis") == "Photosynthesis is photosynthesis"
    assert whole("It is photosyn", "thesis.", known=asked) == "It is photosynthesis."


@pytest.mark.parametrize(
    ("text", "delta"),
    [
        ("Look it up in Wikipe", "dia is"),
        ("See the foot", "note below"),
        ("He can", "not do it"),
        ("It lives in the U.S", "A. and"),
        ("The process is norm", "ative."),
        ("Plants do photo", "synthesis"),
        ("The mito", "chondria make ATP"),
        ("Cells have ribo", "somes"),
        ("There are two cell", "s in it"),
        ("It was not", "ed by"),
        ("Then it is multipl", "ied by 3"),
        ("The deriva", "tive of x"),
        ("It is deoxyribo", "nucleic acid"),
        ("Founded by the NA", "SA in 1958"),
        ("On the 19", "th of May"),
        ("Water is H", "2O"),
        ("Es la foto", "síntesis"),
        ("Un électro", "aimant"),
        ("Это фото", "синтез"),
    ],
)
def test_a_word_that_the_cut_has_parted_is_put_together(text: str, delta: str) -> None:
    assert whole(text, delta) == text + delta


@pytest.mark.parametrize(
    ("text", "delta"),
    [
        ("The sky is", "blue"),
        ("The sky", "is blue"),
        ("Light is scattered by the", "atmosphere"),
        ("The process is called", "photosynthesis"),
        ("It happens in the", "mitochondria"),
        ("The photosynthesis", "produces oxygen"),
        ("Glucose and oxygen are made, and glucose", "feeds"),
        ("Then", "Newton found"),
        ("See Figure", "3 below"),
        ("It took 19", "years"),
        ("In DNA", "it is"),
        ("First DNA, then DNA", "RNA"),
        ("As", "I said"),
        ("It moves quickly", "downwards"),
        ("And it's", "responsibility that"),
        ("It has a third", "argument"),
        ("A case", "insensitive name"),
        ("The reaction", "slows"),
        ("Say ha", "ha"),
        ("Das Licht ist", "blau"),
        ("Le ciel est bleu pour", "nous"),
        ("El cielo y los", "mares"),
        ("Это свет. Синий свет", "рассеян"),
    ],
)
def test_a_word_that_begins_after_the_cut_stays_one(text: str, delta: str) -> None:
    assert whole(text, delta) == f"{text} {delta}"


@pytest.mark.parametrize(
    ("text", "delta"),
    [
        ("He said: no no never never ", "never give up"),
        ("The row is 1000, 1000, ", "1000, 1000"),
        ("abcd abcd ", "abcd abcd"),
    ],
)
def test_what_is_said_twice_there_already_may_be_said_once_more(text: str, delta: str) -> None:
    assert whole(text, delta) == text + delta


def test_the_first_word_is_waited_for_and_no_longer() -> None:
    seam = Seam("See the foot")
    assert seam.add("no") == ""
    assert seam.add("te") == ""
    assert seam.add(" below") == "note below"
    assert Seam("See the foot").add("x" * 30) == " " + "x" * 30
    assert Seam("天空").add("是") == "是"


def test_few_letters_that_are_the_same_are_no_repetition() -> None:
    assert whole("Say ha", "ha") == "Say ha ha"
    assert whole("}\n", "}\n") == "}\n}\n"


def test_a_block_of_code_that_is_open_is_not_begun_again() -> None:
    text = "So:\n```python\ndef f(x):\n    return x"
    assert whole(text, "```", "python\n", "    return x", " + 1\n```") == f"{text} + 1\n```"
    assert whole(text, "```python\nprint(f(1))\n```") == f"{text}\nprint(f(1))\n```"
    assert whole(text, " + 1\n``", "`\nDone.") == f"{text} + 1\n```\nDone."
    assert whole(text + "\n", "```\nDone.") == f"{text}\n```\nDone."


def test_what_can_be_no_repetition_is_there_at_once() -> None:
    seam = Seam("The sky is blue.")
    assert seam.add(" Also") == " Also"
    assert seam.add(" the sky is blue.") == " the sky is blue."


texts = st.text() | st.text(alphabet="ab .…`\n1")


@given(texts, st.lists(texts, max_size=8))
def test_the_text_stays_and_all_that_comes_is_in_it_but_for_what_is_said_twice(
    text: str, deltas: list[str]
) -> None:
    came = "".join(deltas)
    joined = whole(text, *deltas)
    assert joined.startswith(text)
    added = joined[len(text) :].lstrip()
    assert came.endswith(added)
    left_out = came[: len(came) - len(added)]
    said = left_out.strip().lstrip(".…").strip()
    assert text.rstrip().endswith(said) or said[:3] in ("```", "~~~")


@given(texts, st.lists(texts, max_size=8))
def test_it_does_not_matter_in_which_pieces_it_comes(text: str, deltas: list[str]) -> None:
    assert whole(text, *deltas) == whole(text, "".join(deltas))
