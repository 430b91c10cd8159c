"""Makes the pictures in this folder from the running app: `python screenshots/make.py`.

The app is the real one, with its data in a temporary folder; a local server gives the answers, so
that the pictures are the same each time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))

from textual.pilot import Pilot  # noqa: E402

from screenshots import assistants, craft, tokens  # noqa: E402
from studybuddy.assembly.app import assemble_app  # noqa: E402
from studybuddy.domain.messages import Role  # noqa: E402
from studybuddy.tokens.counter import Counter  # noqa: E402
from studybuddy.ui.app import StudyBuddyApp  # noqa: E402
from tests.support.scripted_server import Received, ScriptedServer  # noqa: E402
from tests.support.wire import Answer, answer, model_list  # noqa: E402

QUESTION = "What is a hash table, and when would I use one?"
ANSWER = """\
A **hash table** keeps values under *keys*, and finds each one at once, however many there are.

## How it works

1. A *hash function* turns the key into a number.
2. The number says which slot to look in.
3. Two keys in one slot? Then they share it, in a short list.

```python
ages = {"Ada": 36, "Grace": 45}   # a dict is a hash table
ages["Alan"] = 41
print(ages["Ada"])                # 36
```

| operation | hash table | list |
| --- | --- | --- |
| find by key | one step | all of it |
| keep an order | no | yes |

> Use one whenever you think “look it up by name”.

Read more in the [Python tutorial](https://docs.python.org/3/tutorial/datastructures.html).
"""
EARLIER = (
    ("Why does recursion need a base case?", "Because *something* has to say stop."),
    ("Explain photosynthesis like I'm ten", "Plants make **sugar** out of light, water and air."),
)

MODEL = "qwen3-8b"
SETTINGS = """\
endpoint = "campus"
theme = "{theme}"
titles = "question"
[endpoints.campus]
base_url = "{url}"
model = "qwen3-8b"
[prices.qwen3-8b]
input = 0.05
output = 0.2
context_window = 32768
max_output = 8192
[budgets]
month = "$0.50"
"""

COUNTER = Counter()

Scene = Callable[[Pilot[None]], Awaitable[None]]


def counted(text: str, received: Received) -> Answer:
    """An answer with the usage that a server of that model would report."""
    asked = [(Role(m["role"]), m["content"]) for m in received.json["messages"]]
    tokens = COUNTER.count_request(asked, MODEL).tokens, COUNTER.count(text, MODEL).tokens
    usage = dict(zip(("prompt_tokens", "completion_tokens"), tokens, strict=True))
    return answer(text, model=MODEL, usage=usage)


async def ask(pilot: Pilot[None], question: str) -> None:
    """Type a question, send it, and wait for its answer."""
    app = pilot.app
    assert isinstance(app, StudyBuddyApp)
    view = app.chat.view
    view.prompt.put(question)
    await pilot.press("enter")
    async with asyncio.timeout(20):
        while view.turn is None or not view.turn.over:
            await pilot.pause(0.05)
    await pilot.pause(0.3)


async def conversation(pilot: Pilot[None]) -> None:
    """Two earlier conversations, and one on screen."""
    for question, _ in EARLIER:
        await ask(pilot, question)
        await pilot.press("ctrl+n")
    await ask(pilot, QUESTION)


async def help_screen(pilot: Pilot[None]) -> None:
    """All keys."""
    await conversation(pilot)
    await pilot.press("f1")


async def model_picker(pilot: Pilot[None]) -> None:
    """The searchable list of models."""
    await conversation(pilot)
    await pilot.press("f4")
    await pilot.pause(0.3)


async def first_run(pilot: Pilot[None]) -> None:
    """What a student with nothing set up sees first."""
    await pilot.pause(1.0)


SCENES: dict[str, tuple[Scene, tuple[int, int], str, bool]] = {
    "conversation": (conversation, (140, 40), "textual-dark", True),
    "conversation-light": (conversation, (140, 40), "textual-light", True),
    "conversation-80x24": (conversation, (80, 24), "textual-dark", True),
    "help": (help_screen, (100, 40), "textual-dark", True),
    "models": (model_picker, (100, 30), "textual-dark", True),
    "first-run": (first_run, (100, 30), "textual-dark", False),
    "assistant": (assistants.steps, (140, 40), "textual-dark", True),
    "assistant-80x24": (assistants.asked, (80, 24), "textual-dark", True),
    "tokens": (tokens.detail, (110, 30), "textual-dark", True),
    "token-view": (tokens.view, (110, 24), "textual-light", True),
    "usage": (tokens.usage, (140, 36), "textual-dark", True),
    "quiz": (assistants.quiz, (110, 34), "textual-dark", True),
    "welcome": (craft.welcome, (100, 30), "textual-dark", True),
    "formulas": (craft.formulas, (110, 36), "textual-dark", True),
    "versions": (craft.versions, (130, 34), "textual-dark", True),
    "search": (craft.search, (110, 28), "textual-dark", True),
    "personas": (craft.personas, (110, 34), "textual-light", True),
    "template": (craft.template, (110, 34), "textual-dark", True),
    "settings": (craft.settings, (110, 34), "textual-dark", True),
    "note": (assistants.note, (100, 24), "textual-light", True),
}


def configure(home: Path, theme: str, base_url: str) -> None:
    """Write the settings of a student who uses a server of the campus."""
    settings = home / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text(SETTINGS.format(theme=theme, url=base_url))


async def take(name: str) -> None:
    """Play a scene and write its picture as SVG and PNG."""
    scene, size, theme, configured = SCENES[name]
    texts = [*(text for _, text in EARLIER), ANSWER]
    script: Sequence[Answer | Callable[[Received], Answer]]
    script = [partial(counted, text) for text in texts]
    if scene.__module__ == assistants.__name__:
        script = [assistants.teacher]
    elif scene.__module__ == craft.__name__:
        script = [craft.tutor]
    models = model_list(MODEL, "qwen3-32b", "llama-3.3-70b", "gemma3-12b", "gpt-oss-20b")
    with tempfile.TemporaryDirectory() as home:
        async with ScriptedServer(*script, models=models) as server:
            environ = {"STUDYBUDDY_HOME": home, "HOME": home, "PATH": os.environ.get("PATH", "")}
            if configured:
                configure(Path(home), theme, server.base_url)
            arguments = argparse.Namespace(base_url="", model="", model_file=None, new=False)
            app, close = assemble_app(arguments, environ)
            async with app.run_test(size=size) as pilot:
                app.animation_level = "none"
                await scene(pilot)
                await pilot.pause(0.3)
                svg = app.export_screenshot(title="Study Buddy")

            await close()
    write(name, svg)


def write(name: str, svg: str) -> None:
    """Write the SVG, with names that are the same each time, and a PNG of it."""
    import resvg_py

    svg = re.sub(r"terminal-\d+", f"terminal-{name}", svg)
    (FOLDER / f"{name}.svg").write_text(svg)
    local = svg.replace("Fira Code", "DejaVu Sans Mono")  # a font that most systems have
    (FOLDER / f"{name}.png").write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=local)))
    print(f"{name}.svg, {name}.png")


def main() -> None:
    """Take the pictures that are named, or all."""
    for name in sys.argv[1:] or SCENES:
        asyncio.run(take(name))


if __name__ == "__main__":
    main()
