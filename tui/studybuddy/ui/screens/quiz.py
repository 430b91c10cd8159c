"""A quiz, one question at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Label, ProgressBar, Static, TextArea

from studybuddy.study.quiz import Answers, Question, Quiz, answered, letter, output, text_of
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.answer_editor import AnswerEditor
from studybuddy.ui.widgets.rows import Row

_REVIEW_LENGTH = 160
"""Characters of a question or an answer that the last page shows."""


class QuizScreen(Dialog[str | None]):
    """Asks a quiz; returns the function's output, or `None` where the student puts it off.

    `on_draft` is called with the answers so far at each change; given back as `draft`, the quiz
    goes on where it was left. A draft of another quiz is ignored.
    """

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("escape", "leave", "Later", show=False),
        Binding("alt+left", "previous", "Back", show=False, priority=True),
        Binding("pageup", "scroll(-1)", show=False, priority=True),
        Binding("pagedown", "scroll(1)", show=False, priority=True),
    ]

    OWN_DIGITS = True

    def __init__(
        self, quiz: Quiz, draft: str = "", on_draft: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__()
        self._quiz = quiz
        self._answers = Answers.from_draft(draft, quiz)
        self._on_draft = on_draft
        self._last = len(quiz.questions)  # the page after the last question
        self._pointed = 0  # on the last page: a question, or _last to hand in
        self._changing = False  # one answer, on the way back to the last page
        most = max(len(question.choices) for question in quiz.questions)
        self._rows = [Row(number) for number in range(max(most, self._last + 1))]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog quiz"):
            with Horizontal(classes="head"):
                yield Label(self._quiz.title, classes="title", markup=False)
                yield Label("", id="place", markup=False)
            yield ProgressBar(self._last, show_eta=False, show_percentage=False)
            with VerticalScroll(classes="page", can_focus=False):
                yield Static(id="question", markup=False)
                yield from self._rows
                yield AnswerEditor(self._next, self._previous)
            with Horizontal(classes="buttons"):
                yield Button("Next", id="next", variant="primary", compact=True)
                yield Button("Back", id="back", compact=True)
                yield Button("Later", id="later", compact=True)
            yield Label("", id="keys", markup=False)

    def on_mount(self) -> None:
        self._show()

    @property
    def _question(self) -> Question | None:
        """The question on the page; `None` on the last one."""
        at = self._answers.at
        return self._quiz.questions[at] if at < self._last else None

    @property
    def _editor(self) -> AnswerEditor:
        return self.query_one(AnswerEditor)

    # What is shown

    def _show(self) -> None:
        """Show the page."""
        question = self._question
        self.query_one(ProgressBar).update(progress=self._last - len(self._answers.missing))
        self.query_one(".page", VerticalScroll).scroll_home(animate=False)
        self.query_one("#back", Button).disabled = self._answers.at == 0
        free = question is not None and not question.choices
        self._editor.display = free
        if question is None:
            self._show_review()
        else:
            self._show_question(question)
        if free:
            self._editor.focus()
        else:
            self.set_focus(None)

    def _show_question(self, question: Question) -> None:
        at = self._answers.at
        given = self._answers.given[at]
        self.query_one("#place", Label).update(f"{at + 1} of {self._last}")
        self.query_one("#question", Static).update(Content(question.text))
        back = self._changing or at + 1 == self._last
        self.query_one("#next", Button).label = "Review" if back else "Next"
        if question.choices:
            last = letter(len(question.choices) - 1)
            keys = f"A-{last} or ↑ ↓ chooses · Enter goes on · ← goes back · Esc puts it off"
        else:
            text = given if isinstance(given, str) else ""
            self._editor.load_text(text)
            self._editor.move_cursor(self._editor.document.end)
            keys = "Enter goes on · Ctrl+J new line · Alt+← goes back · Esc puts it off"
        self.query_one("#keys", Label).update(keys)
        self._show_choices(question)

    def _show_choices(self, question: Question) -> None:
        given = self._answers.given[self._answers.at]
        for row in self._rows:
            row.display = row.number < len(question.choices)
            if row.display:
                row.show(letter(row.number), question.choices[row.number], row.number == given)

    def _show_review(self) -> None:
        missing = self._answers.missing
        self._pointed = missing[0] if missing else self._last
        self.query_one("#place", Label).update("Your answers")
        count = f"{len(missing)} of {self._last} not answered yet." if missing else "All answered."
        self.query_one("#question", Static).update(Content(f"{count} Enter changes an answer."))
        self.query_one("#next", Button).label = "Hand in"
        self.query_one("#keys", Label).update(
            "↑ ↓ chooses · Enter changes, or hands in · ← goes back · Esc later"
        )
        self._show_pointed()

    def _show_pointed(self) -> None:
        width = len(str(self._last))
        for row in self._rows:
            number = row.number
            row.display = number <= self._last
            if number < self._last:
                question, given = self._quiz.questions[number], self._answers.given[number]
                done = answered(given)
                answer = _short(text_of(question, given)) if done else "not answered"
                style = "$text-success" if done else "$text-warning"
                if number == self._pointed:
                    style = "bold"
                text = Content.assemble(_short(question.text), "\n", (answer, style))
                row.show(f"{number + 1:>{width}}", text, number == self._pointed)
            elif number == self._last:
                row.show("✓".rjust(width), "Hand in", number == self._pointed)
        self._reveal(self._pointed)

    def _reveal(self, number: int) -> None:
        row = self._rows[number]
        self.call_after_refresh(row.scroll_visible, animate=False)

    # Answers

    def _answer(self, given: int | str) -> None:
        """Keep an answer to the question on the page."""
        at = self._answers.at
        if self._answers.given[at] == given or (given == "" and self._answers.given[at] is None):
            return
        self._keep(self._answers.with_answer(at, given))
        self.query_one(ProgressBar).update(progress=self._last - len(self._answers.missing))

    def _keep(self, answers: Answers) -> None:
        self._answers = answers
        self._on_draft(answers.to_draft(self._quiz))

    def _choose(self, number: int) -> None:
        question = self._question
        if question is not None and 0 <= number < len(question.choices):
            self._answer(number)
            self._show_choices(question)
            self._reveal(number)

    @on(TextArea.Changed)
    def _written(self) -> None:
        """Keep what is written; of a page that was left meanwhile it was taken already."""
        question = self._question
        if question is not None and not question.choices:
            self._answer(self._editor.text)

    # Moving

    def _go(self, page: int) -> None:
        self._written()
        if 0 <= page <= self._last and page != self._answers.at:
            self._keep(replace(self._answers, at=page))
            self._show()

    def _next(self) -> None:
        """Go on: to the next question, to the last page, or hand in."""
        at = self._answers.at
        if at < self._last:
            changing, self._changing = self._changing, False
            self._go(self._last if changing else at + 1)
        elif self._pointed < self._last:
            self._change(self._pointed)
        else:
            self._hand_in()

    def _previous(self) -> None:
        self._changing = False
        self._go(self._answers.at - 1)

    def _change(self, number: int) -> None:
        self._changing = True
        self._go(number)

    def _hand_in(self) -> None:
        self.dismiss(output(self._quiz, self._answers))

    def _move(self, by: int) -> None:
        """Move through the choices, or through the answers on the last page."""
        question = self._question
        if question is None:
            self._point(min(max(self._pointed + by, 0), self._last))
        elif question.choices:
            given = self._answers.given[self._answers.at]
            before = given if isinstance(given, int) else (-1 if by > 0 else len(question.choices))
            self._choose(min(max(before + by, 0), len(question.choices) - 1))

    def _point(self, number: int) -> None:
        self._pointed = number
        self._show_pointed()

    # Keys and mouse

    def on_key(self, event: events.Key) -> None:
        """Take the keys of a page in the order in which they come, as bindings would not."""
        moves = {"up": -1, "down": 1, "home": -self._last - 99, "end": self._last + 99}
        if isinstance(self.focused, AnswerEditor):
            return  # it takes its own keys, some of them by bindings, which come after this
        if isinstance(self.focused, Button) and event.key == "enter":
            return
        if event.key in moves:
            self._move(moves[event.key])
        elif event.key in ("enter", "right"):
            self._next()
        elif event.key in ("left", "backspace"):
            self._previous()
        elif self._question is not None and (number := _number(event.character)) is not None:
            self._choose(number)
        else:
            return
        event.stop()
        event.prevent_default()

    @on(Row.Clicked)
    def _clicked(self, event: Row.Clicked) -> None:
        if self._question is not None:
            self._choose(event.number)
        elif event.number < self._last:
            self._change(event.number)
        else:
            self._hand_in()

    @on(Button.Pressed, "#next")
    def _next_pressed(self) -> None:
        if self._question is None:
            self._hand_in()
        else:
            self._next()

    @on(Button.Pressed, "#back")
    def action_previous(self) -> None:
        """Go back to the question before."""
        self._previous()

    def action_scroll(self, pages: int) -> None:
        """Scroll a page that is longer than the screen."""
        page = self.query_one(".page", VerticalScroll)
        page.scroll_relative(y=pages * max(1, page.size.height - 2), animate=False, immediate=True)

    @on(Button.Pressed, "#later")
    def action_leave(self) -> None:
        """Put it off; what was answered is kept."""
        self._written()
        self.dismiss(None)


def _number(character: str | None) -> int | None:
    """Return which choice, from 0, a key stands for: a letter, or a digit from 1."""
    if character is None or len(character) != 1 or not character.isascii():
        return None
    if character.isdigit():
        return int(character) - 1
    return ord(character.lower()) - ord("a") if character.isalpha() else None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _REVIEW_LENGTH else line[: _REVIEW_LENGTH - 1] + "…"
