"""What a student's message plainly asks for: a greeting, a function, code to be run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from studybuddy.engine.asking.arithmetic import sum_in
from studybuddy.engine.asking.equations import equation_in
from studybuddy.engine.asking.offered import Function

_SMALL_TALK = re.compile(
    r"\W*(?:(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|night)|thanks?|thank you|thx|"
    r"ok(?:ay)?|cool|great|nice|wow|perfect|bye|goodbye|see you|cheers|yes|no|sure|"
    r"how are you(?: doing)?(?: today)?|who are you|what can you do|what(?:'s| is) your name|"
    r"so much|very much|a lot|for (?:your|the) help|there|again|buddy|study ?buddy)\W*)+",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^(?:\W*(?:hi|hello|hey|please|can you|could you|would you|will you|"
    r"i(?:'d| would) like to know|i want to know|do you know|tell me|explain(?: to me)?|"
    r"help me (?:to )?understand|show me|"
    r"according to (?:my|the) (?:notes|files?|documents?)|(?:in|from) (?:my|the) notes|"
    r"what do (?:my|the) notes say about|thanks)\b[\s,:]*)+",
    re.IGNORECASE,
)
_FENCE = re.compile(r"```[ \t]*(?P<language>\w*)[^\n]*\n(?P<code>.*?)\n?[ \t]*```", re.DOTALL)
_RUN = re.compile(
    r"\b(?:run|execute|evaluate|try|test|now|values?|gives?|shows?|output|prints?|printed|result|return(?:s|ed)?|happens?|"
    r"do(?:es)?|work)\b",
    re.IGNORECASE,
)
_COMPUTE = re.compile(
    r"\b(?:calculate|compute|simulate|work out|evaluate|numerically|(?:use|using|with|in) python|"
    r"(?:run|execute)(?: (?:some|a|the|your|python))* (?:code|program|script)|"
    r"(?:use|using|with|in)(?: (?:a|the|your))? code.interpreter|write and run)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b(?:python|code|program|script|simulate)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"\W*(?:in python\W+)?(?:what|why|who|when|where|which|how|is|are|does|do|did|explain|define|"
    r"describe)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"(?:\b(?:please|can you|could you|and|then|now|just|by)\s+)*"
    r"\b(?:run|running|execute|executing|use|using|with|in|write(?: and (?:run|execute))?|"
    r"show(?: me)?)\s+(?:(?:some|the|a|an|your|short|small|python)\s+)*"
    r"(?:code.interpreter|interpreter|code|program|script|calculator|python)\b"
    r"(?:[\s,]+(?:for (?:it|this|that)|for|on (?:it|this|that)|please|"
    r"(?:to|that|and) (?:computes?|calculates?|finds?|works? out|evaluates?|checks?|gets?|does?|"
    r"prints?)(?: (?:it|this|that)\b)?))*[\s,:.!]*",
    re.IGNORECASE,
)
"""How a sum is to be done, beside the sum."""
_GENERIC = set(
    re.findall(
        r"\S+",
        "get set display show create make run do fetch send add list find current new the a "
        "an to of for by with from in on at user student data info information call function "
        "tool item",
    )
)
_KIN = {
    "quiz": r"\bquiz|\btest (?:me|my|us)\b|\b(?:ask|give) me (?:\w+ ){0,3}questions?\b|"
    r"\bpractice questions?\b|\bcheck my (?:knowledge|understanding)\b|\bexam me\b",
}


_LONGEST_TALK = 200  # characters of a greeting
_LONGEST_SUM = 1000  # characters of a question that asks for a sum
_QUIZ_ASKED = re.compile(
    r"^.*?\b(?:quiz(?:zes)?|test (?:me|my knowledge|us)|questions?|exam me|check my "
    r"(?:knowledge|understanding))\b(?: (?:me|us))?",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT = re.compile(
    r"\b(?:about|on|over|of|for|from|covering|regarding|in)\s+"
    r"(?:(?:the|my|our|this|these|those|chapter|topic|subject)\s+)*(?P<topic>[^.?!,;\n]+)",
    re.IGNORECASE,
)
_OWN_WORDS = re.compile(
    r"\b(?:explain|summar\w+|simpl(?:e|er|y|ify)|in (?:your|other) words|for example|an example|"
    r"examples|compare|contrast|rephrase|rewrite|elaborate|poem|story|like i(?:'m| am))\b",
    re.IGNORECASE,
)
_NO_TOPIC = re.compile(
    r"\b(?:notes?|files?|documents?|pdf|slides?|it|this|that|what (?:we|i)|please|now|all|"
    r"everything|multiple.choice|free.response|questions?|\d+|answers?|responses?|feedback|me)\b",
    re.IGNORECASE,
)


def quiz_topic(question: str) -> str:
    """What a quiz is to be about; empty where the message does not say."""
    rest = _QUIZ_ASKED.sub("", question, count=1)
    found = _ABOUT.search(rest)
    topic = " ".join((found["topic"] if found else "").split())
    topic = re.sub(r"\s+(?:with|using|in|please|and)\b.*", "", topic)
    return topic if re.search(r"\w{3}", _NO_TOPIC.sub("", topic)) else ""


def is_small_talk(question: str) -> bool:
    """Whether a message is only a greeting, thanks or the like."""
    said = question.strip()
    if len(said) > _LONGEST_TALK:
        return False
    return bool(_SMALL_TALK.fullmatch(said)) or not re.search(r"\w", said)


def search_query(question: str, earlier: str = "") -> str:
    """What to look for in the notes.

    Args:
        question: the message.
        earlier: the question before, which is added where this one only points back to it.
    """
    query = _COURTESY.sub("", question.strip()).strip() or question.strip()
    meant = [word for word in re.findall(r"\w+", query) if len(word) > 3]
    points_back = re.search(r"\b(?:it|its|that|this|they|them|their|those|these|he|she)\b", query)
    if earlier and (len(meant) < 2 or (points_back and len(meant) < 5)):
        query = f"{search_query(earlier)} {query}"
    return " ".join(query.split())[:400]


def wanted_function(question: str, functions: Iterable[Function]) -> Function | None:
    """The function that a message plainly asks for, by the words of its name."""
    text = question.casefold()
    for function in functions:
        for word in _name_words(function.name):
            pattern = _KIN.get(word) or rf"\b{re.escape(word[: max(4, len(word) - 2)])}"
            if re.search(pattern, text):
                return function
    return None


def code_for(question: str) -> str | None:
    """Code that a message holds or amounts to; `None` where it asks for none."""
    if (own := _own_code(question)) is not None:
        return own
    if len(question) > _LONGEST_SUM:
        return None
    plain = question.replace("`", " ").replace("$", " ")
    bare = _ORDER.sub(" ", plain)
    return equation_in(plain) or sum_in(plain) or equation_in(bare) or sum_in(bare)


def wants_own_words(question: str) -> bool:
    """Whether a message asks for something to be put in other words, not for a fact."""
    return bool(_OWN_WORDS.search(question))


def wants_code(question: str) -> bool:
    """Whether a message asks for something to be computed, by code that is yet to be written."""
    if not _COMPUTE.search(question):
        return False
    if re.search(r"\d", question):
        return True
    # "How does a computer run a program?" asks what the notes say.
    return bool(_CODE.search(question)) and not _ASKS.match(question)


def compiles(code: str) -> bool:
    """Whether a text is Python, and calls anything, such as print."""
    try:
        return any(isinstance(node, ast.Call) for node in ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def is_program(code: str) -> bool:
    """Whether a text is Python that does anything: words that happen to parse are none."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, _DOING) for node in ast.walk(tree))


_DOING = (ast.Call, ast.BinOp, ast.Assign, ast.For, ast.While, ast.FunctionDef, ast.ListComp)


def _own_code(question: str) -> str | None:
    """The student's own block of Python, where it is to be run."""
    if "```" not in question:
        return None
    rest = _FENCE.sub(" ", question).strip()
    for found in _FENCE.finditer(question):
        named = found["language"].lower() in ("python", "py", "python3")
        if not (named or (not found["language"] and compiles(found["code"]))):
            continue
        if not rest or _RUN.search(rest):
            return found["code"]
    return None


def _name_words(name: str) -> list[str]:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return [word.lower() for word in words if word.lower() not in _GENERIC and len(word) > 2]
