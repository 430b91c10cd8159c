"""The main screen: sidebar, conversation, keys."""

from __future__ import annotations

import asyncio

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker

from studybuddy.chat.session import ChatSession
from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.commands import Scope, bindings, check_keymap, keys_of
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.endpoints import EndpointKeeper
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.screens.help import HelpScreen
from studybuddy.ui.screens.system_prompt import SystemPromptScreen
from studybuddy.ui.services import Services
from studybuddy.ui.texts import ASSISTANT_NOTICE
from studybuddy.ui.widgets.conversation_list import ConversationList
from studybuddy.ui.widgets.key_bar import KeyBar
from studybuddy.ui.widgets.mode_switch import ModeSwitch
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.sidebar import Sidebar
from studybuddy.ui.widgets.status import Activity

EARLIER_PROMPTS = 100
WARM_UP_DELAY = 0.3
"""Seconds in which the first keys are typed, before the SDK's import takes its share of them."""


class ChatScreen(Screen[None]):
    """Where the student is for nearly all of the time."""

    AUTO_FOCUS = "#prompt"
    BINDINGS = bindings(Scope.EVERYWHERE)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._desk = services.desk
        self._setup = services.setup
        self._keymap, self._complaints = check_keymap(services.settings.keys)
        self._told = 0
        self._keeper = EndpointKeeper(
            self, self._desk, self._setup, self._idle, self.tell, self._endpoint_changed
        )

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield Sidebar(self._desk, by_itself=self._services.settings.sidebar, id="sidebar")
            yield ConversationView(
                self._desk,
                reduced_motion=self._services.settings.reduced_motion,
                failure_hint=f"{keys_of('retry', self._keymap)} asks again.",
                id="view",
            )
            yield Static(ASSISTANT_NOTICE, id="assistant-notice")
        yield KeyBar(id="keys")

    @property
    def view(self) -> ConversationView:
        """The conversation pane."""
        return self.query_one("#view", ConversationView)

    @property
    def sidebar(self) -> Sidebar:
        """Mode and conversations."""
        return self.query_one("#sidebar", Sidebar)

    def on_mount(self) -> None:
        """Show the first frame at once; what is stored comes right after it."""
        self.call_after_refresh(self._begin)

    def on_key(self, event: events.Key) -> None:
        """Pass on what is typed before the prompt has the focus: nobody waits for a first frame."""
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

    def on_resize(self) -> None:
        """Fold the sidebar by itself where there is no room."""
        self.sidebar.fit(self.size.width)

    # What follows the first frame

    @work(exit_on_error=False)
    async def _begin(self) -> None:
        try:
            await self._restore()
            self.view.set_earlier(await self._desk.recent_prompts(EARLIER_PROMPTS))
        except StudyBuddyError as error:
            self.tell(error.problem)
        for problem in self._complaints:
            self.tell(problem)
        self._tell_notices()
        if self._desk.endpoint is None:
            await self._keeper.set_up(first_run=True)
        else:
            await asyncio.sleep(WARM_UP_DELAY)
            await self._keeper.warm_up()

    async def _restore(self) -> None:
        new = self._services.start_new or self._services.settings.start_with == "new"
        session = None if new else await self._desk.open_last()
        # Who was quick has asked something already: that stays on screen.
        if session is not None and self.view.turn is None:
            await self._put_on_screen(session, keep_typed=True)
        else:
            self.sidebar.set_current(self.view.session.head.id)
        await self.sidebar.reload()

    def _endpoint_changed(self) -> None:
        self.view.endpoint_changed()

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

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_system_prompt(self) -> None:
        """Change how the model is told to behave."""
        session = self.view.session
        screen = SystemPromptScreen(session.head.system_prompt, self._desk.system_prompt)
        prompt = await self.app.push_screen_wait(screen)
        if prompt is not None:
            try:
                await session.set_system_prompt(prompt)
            except StudyBuddyError as error:
                self.tell(error.problem)
            self.view.count()

    def _tell_notices(self) -> None:
        """Tell what storage and settings have found since the last time."""
        for problem in self._services.notices[self._told :]:
            self._told += 1
            self.tell(problem)

    def tell(self, problem: Problem) -> None:
        """Show a problem that no conversation has to do with."""
        self.notify(
            problem.advice or "",
            title=problem.sentence,
            severity="warning",
            timeout=12,
            markup=False,
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)

    # Conversations

    async def _put_on_screen(self, session: ChatSession, *, keep_typed: bool = False) -> None:
        await self.view.show(session, keep_typed=keep_typed)
        self.sidebar.set_current(session.head.id)
        self.refresh_bindings()

    @on(ConversationList.Chosen)
    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open(self, event: ConversationList.Chosen) -> None:
        try:
            await self.view.flush_draft()
            session = await self._desk.open(event.conversation_id)
        except StudyBuddyError as error:
            self.tell(error.problem)
            return
        if session is None:
            self.notify("That conversation is gone.", severity="warning")
        else:
            await self._put_on_screen(session)
            self.view.prompt.focus()
        await self._reload_list()

    async def _reload_list(self) -> None:
        self._tell_notices()
        try:
            await self.sidebar.reload()
        except StudyBuddyError as error:
            self.tell(error.problem)

    @on(ConversationView.TurnChanged)
    async def _turn_changed(self, event: ConversationView.TurnChanged) -> None:
        """Mark the conversation, and bring the list up to date."""
        self.sidebar.mark(event.session.head.id, event.turn)
        self.refresh_bindings()
        await self._reload_list()

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what can't be done right now."""
        if not self.is_mounted:
            return True
        match action:
            case "stop":
                return self.view.busy
            case "retry":
                return bool(self.view.session.messages) and not self.view.busy
            case _:
                return True

    async def action_new(self) -> None:
        """Start a new conversation."""
        await self._put_on_screen(self._desk.new())
        self.view.prompt.focus()

    def action_conversations(self) -> None:
        """Go to the list of conversations."""
        self.sidebar.unfold(True)
        self.sidebar.list.focus()

    async def action_stop(self) -> None:
        """Stop the answer on screen."""
        await self.view.stop()

    def action_retry(self) -> None:
        """Ask the last question again."""
        self.view.retry()

    def action_sidebar(self) -> None:
        """Show the sidebar, or fold it away."""
        if self.sidebar.display and self.sidebar.list.has_focus:
            self.view.prompt.focus()
        self.sidebar.unfold(not self.sidebar.display)

    async def leave(self) -> None:
        """Stop what is under way, and keep it and what is typed."""
        await self.view.flush_draft()
        await self._desk.close()

    async def action_quit(self) -> None:
        """Leave the app."""
        await self.app.action_quit()

    def action_palette(self) -> None:
        """Find a command by its name."""
        self.app.action_command_palette()

    def action_help(self) -> None:
        """Show all keys and commands."""
        self.app.push_screen(HelpScreen(self._keymap, self._services.places))

    def action_switch_pane(self) -> None:
        """Go between prompt and conversation."""
        target = self.view.transcript if self.view.prompt.has_focus else self.view.prompt
        target.focus()

    def action_mode(self) -> None:
        """Switch the mode."""
        completion = self.sidebar.mode is Mode.COMPLETION
        self._set_mode(Mode.ASSISTANT if completion else Mode.COMPLETION)

    @on(ModeSwitch.Chosen)
    def _mode_chosen(self, event: ModeSwitch.Chosen) -> None:
        self._set_mode(event.mode)

    def _set_mode(self, mode: Mode) -> None:
        self.sidebar.mode = mode
        self.set_class(mode is Mode.ASSISTANT, "-assistant")
        if mode is Mode.COMPLETION:
            self.view.prompt.focus()

    def action_copy_answer(self) -> None:
        """Copy the chosen message, or the last answer."""
        self.view.transcript.copy_message()

    def action_copy_code(self) -> None:
        """Copy the chosen code block, or the last one."""
        self.view.transcript.copy_code()
