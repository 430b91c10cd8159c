"""Words that say nothing, taken out of prompts."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.filler import MOST_CHARACTERS, shorten


@pytest.mark.parametrize(
    ("prompt", "shorter"),
    [
        ("Could you please explain photosynthesis?", "Explain photosynthesis?"),
        ("Please explain recursion.", "Explain recursion."),
        ("Please, explain it.", "Explain it."),
        ("please kindly explain it", "explain it"),
        ("Explain recursion, please.", "Explain recursion."),
        ("Explain recursion please!", "Explain recursion!"),
        ("can you help me with math please?", "help me with math?"),
        ("Could you just give me the answer?", "Just give me the answer?"),
        ("Would you be so kind as to check this?", "Check this?"),
        ("I would like you to sum this up. Thank you in advance!", "Sum this up."),
        ("I'd like you to act as a tutor.", "Act as a tutor."),
        ("I was wondering if you could explain monads. Thanks a lot.", "Explain monads."),
        ("I would really appreciate it if you could give an example.", "Give an example."),
        ("I'd like it if you could give an example.", "Give an example."),
        ("Do you think you could explain it?", "Explain it?"),
        ("I just want to know why the sky is blue", "I want to know why the sky is blue"),
        ("I'm kind of confused by loops", "I'm confused by loops"),
        ("Basically, what is a list?", "What is a list?"),
        ("A cell, basically, divides in two.", "A cell divides in two."),
        ("In order to solve this, what do I need?", "To solve this, what do I need?"),
        ("- please list three\n- kindly name two", "- list three\n- name two"),
        ("1. Please add 2 and 3.\n2. Please stop.", "1. Add 2 and 3.\n2. Stop."),
        ("Why?\n\nThanks in advance", "Why?"),
        ("Why is it so? Could you tell me more?", "Why is it so? Tell me more?"),
        ("Could you explain X and please keep it short, thanks", "Explain X and keep it short"),
        ("Explain it again, if you don't mind.", "Explain it again."),
        ("Hi, could you please explain DNA?", "Hi, could you explain DNA?"),
        ("COULD YOU PLEASE EXPLAIN DNA?", "EXPLAIN DNA?"),
        ("Can you explain what rain is, please? Thank you!", "Explain what rain is?"),
        ("Could you please translate this word?", "Translate this word?"),
        ("Fix `please` for me, please.", "Fix `please` for me."),
        ("```\nplease(x)\n```\nPlease explain", "```\nplease(x)\n```\nExplain"),
    ],
)
def test_courtesies_and_filler_are_taken_out(prompt: str, shorter: str) -> None:
    assert shorten(prompt).text == shorter


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Please",
        "Could you please?",
        "Thanks!",
        "Thank you so much.",
        "Why is the sky blue?",
        "Can you swim?",
        "Can you speak French?",
        "Can you give blood with a cold?",
        "Would you help a stranger?",
        "Please Please Me is by whom?",
        "Kindly Ones, who were they?",
        "He came just in time.",
        "I just got home, what now?",
        "What is just now happening?",
        "Is it just the liver that does this?",
        "What kind of fish is this?",
        "Is a whale a kind of fish?",
        "Is a list basically an array?",
        "Does it actually work?",
        "How do you say please in French?",
        "Please is which part of speech?",
        "What does the word kindly mean?",
        "A kindly old man came by.",
        "Why is she so hard to please?",
        "They do as they please.",
        "Translate to German: could you please help me",
        "Sum this up: I would just like to say that, basically, I agree. Thanks!",
        "Is “could you please” a question?",
        'Where is "please explain" from?',
        "What is the point of ‘thank you in advance’ here?",
        "What is in /home/me/please and in please.txt",
        "Open https://example.org/could-you please-not",
        "x = just  # please keep",
        "name;please;thanks",
        "    please indent me",
        "> Could you please explain?",
        "| please | thanks |",
        "I want you to know that I passed.",
        "say thank you",
        "Whom should I thank? They said thanks",
        "What is the difference between yes please and no thanks",
        "Why do people answer no, thank you",
        "Would you kindly is from which game?",
        "Could you please everyone at once?",
        "Can you please your parents and yourself?",
        "How do I put this into German?\nThank you very much",
        "Please " + "a" * 60 + "://b please " + "c" * 3000 + "'s",
        "please explain" + "\n" * 50 + "thanks",
        "Bitte erkläre mir, was eine Zelle ist. Danke!",
        "请解释一下光合作用，谢谢",
    ],
)
def test_what_means_something_stays(prompt: str) -> None:
    assert shorten(prompt).text == prompt
    assert shorten(prompt).removed == ()


def test_material_after_its_announcement_stays() -> None:
    material = "I would like you to come.\nCould you please explain this?\nThanks in advance!"
    text = f"Please sum up the following text.\n{material}"
    assert shorten(text).text == f"Sum up the following text.\n{material}"


def test_what_was_taken_out_is_told_in_the_order_of_its_place() -> None:
    found = shorten("Could you please help me? I just want to learn, thank you.")
    assert found.text == "Help me? I want to learn."
    assert found.removed == ("Could you please", "just", "thank you")


def test_filler_around_an_address_goes_and_the_address_stays() -> None:
    address = "https://example.org/" + "could-you-please/" * 9
    assert shorten(f"Could you please sum up {address} now, thanks").text == f"Sum up {address} now"
    assert shorten(f"Please sum up {address}").text == f"Sum up {address}"


_SLOW = {
    "blank lines": "please explain" + "\n" * 4000,
    "a line of blanks": "please explain\n" + " " * 4000,
    "lines of blanks": "please " + "\n \n " * 1000,
    "blanks that are just let through": ("please" + "\n" * 40) * 90,
    "one word": "please " + "a" * 4000,
    "a word with marks": "please " + "a+" * 2000,
    "many dots": "please " + "a." * 2000,
    "addresses": "please " + "a@" * 2000,
    "encoded": "please " + "QUJD+/09" * 500,
    "words that are just let through": ("please " + "a" * 40 + " ") * 85,
    "opening quotes": "please " + "‘a" * 2000,
    "more opening quotes": "please " + "“a „b «c " * 400,
    "colons": "please " + "a:" * 2000,
    "ticks": "please " + "`" * 4000,
    "thanks": "thanks " * 570,
    "please": "please " * 570,
}


@pytest.mark.parametrize("name", _SLOW)
def test_it_takes_no_longer_for_odd_text_than_for_prose(name: str) -> None:
    prose = "Could you please explain how a plant makes sugar from light, in order to grow? " * 60

    def seconds(text: str) -> float:
        def once() -> float:
            began = time.process_time()
            shorten(text[:MOST_CHARACTERS])
            return time.process_time() - began

        return min(once() for _ in range(4))

    assert seconds(_SLOW[name]) < 5 * seconds(prose)  # it was up to 50 times as much


def test_a_prompt_as_long_as_a_book_is_left_alone() -> None:
    prompt = "Please explain it. " * (MOST_CHARACTERS // 10)
    assert shorten(prompt).text == prompt


_WORDS = (
    *("please", "Please", "kindly", "just", "basically", "could you", "Can you", "I", "want"),
    *("would like you to", "thanks", "Thank you in advance", "in order to", "explain", "Explain"),
    *("cells", "why", "the sky", "is blue", "to", "kind of", "I'm", "`please`", '"please"', "7"),
    *("https://a.b/please", "word", "x = 1", "é", "日本", "\ud83d", "e.g.", "don't"),
)
_GLUE = (" ", " ", " ", " ", ", ", ". ", "? ", "! ", "\n", ": ", "\n\n", "; ", " - ", "\n- ")
_PROMPTS = st.lists(
    st.tuples(st.sampled_from(_WORDS), st.sampled_from(_GLUE)), min_size=1, max_size=14
).map(lambda parts: "".join(word + glue for word, glue in parts))
_CODE = st.text("abc please thanks,.\n", min_size=1, max_size=30).map(str.strip).filter(bool)


@given(_PROMPTS | st.text(max_size=60))
def test_it_only_deletes_and_never_everything(prompt: str) -> None:
    shorter = shorten(prompt).text
    rest = iter(prompt.lower())
    assert all(letter in rest for letter in shorter.lower())
    assert bool(shorter.strip()) == bool(prompt.strip())
    assert (shorter == prompt) == (shorten(prompt).removed == ())


@given(_PROMPTS | st.text(max_size=60))
def test_shortening_twice_takes_out_nothing_more(prompt: str) -> None:
    shorter = shorten(prompt).text
    assert shorten(shorter).text == shorter


@given(_PROMPTS)
def test_spacing_and_marks_stay_sound(prompt: str) -> None:
    before, after = prompt, shorten(prompt).text
    for flaw in (r" [,.?!]", r"  ", r",[,.]", r"\n\n\n"):
        assert len(re.findall(flaw, after)) <= len(re.findall(flaw, before)), (before, after)


@given(_PROMPTS, _CODE, _PROMPTS)
def test_code_and_quotations_are_never_touched(first: str, code: str, last: str) -> None:
    line = code.replace("\n", " ").replace("`", "").replace('"', "")
    for part in (f"```\n{code}\n```", f"`{line}`", f'"{line}"'):
        prompt = f"{first.replace('`', '').replace(chr(34), '')}\n{part}\n{last}"
        assert part in shorten(prompt).text
