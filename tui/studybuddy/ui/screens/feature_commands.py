"""The part of the main screen that hands commands to the features that carry them out."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.events import Key

from studybuddy.chat.shown import ELSEWHERE, UNDER_WAY
from studybuddy.domain.messages import Mode
from studybuddy.ui.commands import ASSISTANT_MODE, BY_ID, Need
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.screens.thread_commands import ThreadCommands
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studybuddy.chat.sessions import Session
    from studybuddy.ui.features import Features, Workplace
    from studybuddy.ui.turns import Turn
    from studybuddy.ui.widgets.completion import Completer
    from studybuddy.ui.widgets.starters import Starters


class FeatureCommands(ThreadCommands):
    """Commands of the main screen that are carried out elsewhere."""

    @cached_property
    def workplace(self) -> Workplace:
        """What features work with."""
        from studybuddy.ui.features import Workplace  # not before the first frame
        from studybuddy.ui.undoing import Undoing

        return Workplace(
            self,
            self._services,
            self.view,
            self.sidebar,
            self._opener,
            self.tell,
            self.once,
            Undoing(),
            lambda: self.features,
        )

    @cached_property
    def features(self) -> Features:
        """What is made when it is first used."""
        from studybuddy.ui.features import Features

        return Features(lambda: self.workplace)

    @work(group="feature", exit_on_error=False)
    async def action_feature(self, command: str) -> None:
        """Carry out a command of the table."""
        if self.app.screen is self:
            await self.features.run(command)

    def on_mount(self) -> None:
        """Have templates, commands and files offered in the prompt; loaded when first typed."""
        self.view.prompt.completing = self._completing

    def _completing(self) -> Completer:
        from studybuddy.ui.completing import make_completer

        return make_completer(self.workplace, self.why_not)

    def why_not(self, command_id: str) -> str:
        """Why a command can't be carried out right now; empty where it can."""
        command = BY_ID[command_id]
        if missing := self._missing(command_id):
            return missing
        name, parameters = ("feature", (command.id,)) if command.feature else (command.id, ())
        if self.check_action(name, parameters) is True:
            return ""
        if command_id in ASSISTANT_MODE and self.view.session.head.mode is not Mode.ASSISTANT:
            return f"“{command.title}” is of assistant mode; /mode goes there."
        return "That can't be done right now."

    @on(Prompt.CommandChosen)
    async def _command_chosen(self, event: Prompt.CommandChosen) -> None:
        """Carry out a command that was called in the prompt."""
        command = BY_ID[event.command_id]
        if missing := self.why_not(command.id):
            self.notify(missing, timeout=4)
        else:
            await self.run_action(command.action.removeprefix("screen."))

    @on(Prompt.TemplateChosen)
    @work(group="feature", exit_on_error=False)
    async def _template_chosen(self, event: Prompt.TemplateChosen) -> None:
        """Have a template filled in."""
        prompts = self.features.get("prompts")
        await self.features.told(prompts.use_template(event.name, event.rest))

    def first_keys_typed(self) -> None:
        """Begin with what can wait until now."""
        super().first_keys_typed()
        self._offer_starters()

    @on(ConversationView.Introduced)
    def _offer_starters(self) -> None:
        """Offer beginnings where nothing was said yet."""
        if self._typed_first:
            start(self, self._show_starters, "starters", exclusive=True)

    async def _show_starters(self) -> None:
        await self.features.told(self.features.get("starters").show())

    @on(ConversationView.TurnChanged)
    def _fit_starters(self) -> None:
        if "starters" in self.features:
            self.features.get("starters").fit()

    @on(Prompt.WentDown)
    def _to_starters(self) -> None:
        if "starters" in self.features:
            self.features.get("starters").focus()

    def on_starters_chosen(self, event: Starters.Chosen) -> None:
        """Put what was chosen into the prompt."""
        self.features.get("starters").chosen(event.text)

    def on_starters_left(self, event: Starters.Left) -> None:
        """Go back to the prompt, with what was typed."""
        prompt = self.view.prompt
        prompt.focus()
        if event.key is not None:
            prompt.post_message(Key(event.key.key, event.key.character))

    @on(ConversationView.TurnChanged)
    def _learn_name(self, event: ConversationView.TurnChanged) -> None:
        """Take the student's name, where it is not known and a question gives it."""
        if not (self._services.settings.name or event.turn.over or event.turn.anew):
            start(self, partial(self._take_name, event.turn.asked), "name")

    async def _take_name(self, asked: str) -> None:
        await self.features.told(self.features.get("names").asked(asked))

    def find_titles(self, session: Session, turn: Turn) -> None:
        """Have the model find a title after an answer, and not while another is to come."""
        if not turn.over:
            if "titles" in self.features:
                self.features.get("titles").begun()
        elif turn.complete and self._services.settings.titles == "model":
            self.features.get("titles").answered(session)

    def can(self, command: str) -> bool:
        """Whether all is there that a command needs."""
        return not self._missing(command)

    def _missing(self, command: str) -> str:
        """Why a command can't be carried out right now; empty where it can."""
        view = self.view
        for need in BY_ID[command].needs:
            match need:
                case Need.MESSAGES if not view.session.messages:
                    return "Nothing was said here yet."
                case Need.REST if view.busy:
                    return str(UNDER_WAY)
                case Need.REST if view.session.elsewhere:
                    return str(ELSEWHERE)
                case Need.CODE if view.transcript.current_code() is None:
                    return "There is no code block here."
        return ""

    def tell_why_not(self, key: str, keymap: Mapping[str, str]) -> None:
        """Say why a key does nothing right now, where it is a command's."""
        for command in BY_ID.values():
            if key in keymap.get(command.id, command.keys).split(","):
                if missing := self._missing(command.id):
                    self.notify(missing, timeout=4)
                return
