"""The main screen: sidebar, conversation, keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.worker import Worker

from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.domain.shelves import Shelf
from studybuddy.ui.commands import (
    ASSISTANT_MODE,
    COMMANDS,
    Scope,
    bindings,
    check_keymap,
    keys_of,
)
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.endpoints import EndpointKeeper
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.opening import Opener
from studybuddy.ui.screens.copy_commands import CopyCommands
from studybuddy.ui.services import Services
from studybuddy.ui.urgency import urgent
from studybuddy.ui.widgets.conversation_list import ConversationList
from studybuddy.ui.widgets.key_bar import KeyBar
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.sidebar import Sidebar
from studybuddy.ui.widgets.status import Activity

if TYPE_CHECKING:
    from studybuddy.domain.settings import Settings

STEPS_BESIDE = 120
"""Columns of the screen from which on steps are shown beside the conversation, not below it."""
EARLIER_PROMPTS = 100
WARM_UP_DELAY = 0.3
"""Seconds in which the first keys are typed, before the SDK's import takes its share of them."""


class ChatScreen(CopyCommands):
    """Where the student is for nearly all of the time."""

    AUTO_FOCUS = "#prompt"
    BINDINGS = bindings(Scope.EVERYWHERE)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._keymap, self._complaints = check_keymap(services.settings.keys)
        self._key_names = {command.id: keys_of(command.id, self._keymap) for command in COMMANDS}
        """Of all commands; changed in place, for many look at it."""
        self._told = 0
        self.complain = self._complaints.append
        """Has a problem told with the others that are found at the start."""
        self._composed = False
        self._keeper = EndpointKeeper(
            self, self._desk, self._services.setup, self._idle, self.tell, self.endpoint_chosen
        )

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            settings = self._services.settings
            yield Sidebar(self._desk, by_itself=settings.sidebar_by_itself, id="sidebar")
            yield ConversationView(
                self._desk,
                reduced_motion=settings.still,
                keys=self._key_names,
                student=lambda: self._services.settings.name,
                id="view",
            )
        yield KeyBar(self._urgent, id="keys")

    def on_mount(self) -> None:
        """Show the first frame at once; what is stored comes right after it."""
        self._opener = Opener(self._desk, self.view, self.sidebar, self.tell, self.session_shown)
        self.view.files.private = self._services.private
        if self._services.settings.screen_reader:
            self.view.transcript.spoken = True
            self.view.endpoint_changed()
        self._composed = True
        self.call_after_refresh(self._begin)

    def on_key(self, event: events.Key) -> None:
        """Pass on what is typed before the prompt has the focus: nobody waits for a first frame."""
        if event.key.startswith("alt+"):
            self.tell_why_not(event.key, self._keymap)
            return
        prompt = self.view.prompt
        if self.focused not in (None, prompt):
            return
        if event.is_printable:
            prompt.post_message(events.Key(event.key, event.character))
        elif event.key == "enter":
            prompt.call_later(prompt.action_send)
        else:
            return
        event.stop()
        prompt.focus()

    def use_keys(self, keymap: Mapping[str, str]) -> None:
        """Name other keys from now on."""
        self._keymap = dict(keymap)
        self._key_names.update((command.id, keys_of(command.id, keymap)) for command in COMMANDS)
        self.view.transcript.name_keys(self._key_names)
        self.view.endpoint_changed()

    def use_manner(self, settings: Settings) -> None:
        """Move less or more from now on."""
        self.view.status.reduced_motion = settings.still
        self.view.transcript.reduced_motion = settings.still
        self.view.transcript.spoken = settings.screen_reader
        self.view.endpoint_changed()
        self.sidebar.show_by_itself(settings.sidebar_by_itself)

    def on_resize(self) -> None:
        """Fold the sidebar by itself where there is no room, and steps below the conversation."""
        self.sidebar.fit(self.size.width)
        self.set_class(self.size.width < STEPS_BESIDE, "-narrow")

    # What follows the first frame

    @work(exit_on_error=False)
    async def _begin(self) -> None:
        try:
            settings = self._services.settings
            await self._opener.restore(new=self._services.start_new or settings.start_with == "new")
            self.view.set_earlier(await self._desk.recent_prompts(EARLIER_PROMPTS))
        except StudyBuddyError as error:
            self.tell(error.problem)
        self._tell_notices(self._complaints)
        if self._desk.endpoint is None:
            self.first_keys_typed()
            await self._keeper.set_up(first_run=True)
        else:
            await asyncio.sleep(WARM_UP_DELAY)
            self.first_keys_typed()
            await self._keeper.warm_up()
        try:
            await self.follow_runs()
            await self._desk.shelf.purge()
        except StudyBuddyError as error:
            self.tell(error.problem)

    def _idle(self, activity: Activity) -> None:
        self.view.set_idle(activity)

    @on(ConversationView.EndpointNeeded)
    @work(group="endpoint", exit_on_error=False)
    async def action_setup(self) -> None:
        """Choose where answers come from."""
        await self._keeper.set_up(first_run=self._desk.endpoint is None)

    @work(group="endpoint", exit_on_error=False)
    async def action_model(self) -> None:
        """Choose the model."""
        await self._keeper.choose_model()

    def _tell_notices(self, complaints: Sequence[Problem] = ()) -> None:
        """Tell what storage and settings have found since the last time, and other complaints."""
        notices = self._services.notices[self._told :]
        self._told += len(notices)
        self.tell_all([*complaints, *notices])

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)

    # Conversations

    @on(ConversationList.Chosen)
    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open(self, event: ConversationList.Chosen) -> None:
        if self.sidebar.place.shelf is Shelf.DELETED:
            order = self.features.get("order")
            await self.features.told(order.bring_back(event.conversation_id))
        await self._opener.open(event.conversation_id)

    @on(ConversationView.TurnChanged)
    async def _turn_changed(self, event: ConversationView.TurnChanged) -> None:
        """Mark the conversation, bring the list up to date, and open what is waited for."""
        self.sidebar.mark(event.session.head.id, event.turn)
        self.refresh_bindings()
        self.run_moved(event.session, event.turn)
        self.call_student(event.session, event.turn)
        self.find_titles(event.session, event.turn)
        if event.stored:
            self._tell_notices()
            await self._opener.reload_list()

    @on(ConversationView.Refused)
    def _refused(self, event: ConversationView.Refused) -> None:
        self.notify(event.reason, timeout=4, markup=False)

    @on(Prompt.Scrolled)
    def _scroll(self, event: Prompt.Scrolled) -> None:
        transcript = self.view.transcript
        if event.pages == 0:
            transcript.follow_end()
        elif event.pages < 0:
            transcript.scroll_page_up(animate=False)
        else:
            transcript.scroll_page_down(animate=False)

    # Commands

    def _urgent(self) -> Sequence[str]:
        view = self.view
        waits = bool(view.waiting) or view.refused is not None
        return urgent(view.turn, view.session.messages, anything_waits=waits)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what can't be done right now."""
        if not self._composed:
            return action == "quit"
        match action:
            case "stop":
                return self.view.busy
            case "retry":
                return bool(self.view.session.messages) and not self.view.busy
            case "answer":
                return bool(self.view.waiting) or self.view.refused is not None
            case "feature":
                return self.can(str(parameters[0]))
            case command if command in ASSISTANT_MODE:
                return self.view.session.head.mode is Mode.ASSISTANT
            case _:
                return True

    async def action_new(self) -> None:
        """Start a new conversation."""
        await self._opener.new()

    def action_conversations(self) -> None:
        """Go to the list of conversations."""
        self.sidebar.unfold(True)
        self.set_focus(self.sidebar.list)  # at once: the next key may be waiting already

    def action_stop(self) -> None:
        """Stop the answer on screen; what waits for the student is not given up by one Esc."""
        turn = self.view.turn
        if turn is not None and turn.required is not None and not turn.warned:
            turn.warned = True
            answers = keys_of("answer", self._keymap)
            self.notify(f"{answers} answers. Esc again gives it up.", timeout=4)
        else:
            self.view.stop()

    def action_retry(self) -> None:
        """Ask the last question again."""
        self.view.asking.retry()

    def action_sidebar(self) -> None:
        """Show the sidebar, or fold it away."""
        if self.sidebar.display and self.sidebar.list.has_focus:
            self.view.prompt.focus()
        self.sidebar.unfold(not self.sidebar.display)

    async def leave(self) -> None:
        """Stop what is under way, and keep it and what is typed."""
        await self.view.flush_draft()  # at once: stopping may take a server its time
        for _ in range(2):  # a turn may have been about to begin
            await self._desk.close()
            if await self.view.turns_told():
                break
        await self.view.flush_draft()

    async def action_quit(self) -> None:
        """Leave the app."""
        await self.app.action_quit()

    def action_palette(self) -> None:
        """Find a command by its name."""
        self.app.action_command_palette()

    def action_help(self) -> None:
        """Show all keys and commands."""
        from studybuddy.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self._keymap, self._services.places))

    def action_switch_pane(self) -> None:
        """Go between prompt, conversation and steps."""
        panes: list[Widget] = [self.view.prompt, self.view.transcript]
        if (steps := self.view.steps.panel) is not None:
            panes.append(steps)
        at = next((place for place, pane in enumerate(panes) if pane.has_focus_within), -1)
        pane = panes[(at + 1) % len(panes)]
        if pane is steps:
            steps.focus_list()
        else:
            self.set_focus(pane)  # at once: the next key may be waiting already
