"""The main screen: sidebar, conversation, keys."""

from __future__ import annotations

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker

from studybuddy.domain.messages import Conversation, MessageState, Mode, Role
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.ui.commands import Scope, bindings, check_keymap
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.endpoints import EndpointKeeper
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.screens.help import HelpScreen
from studybuddy.ui.screens.system_prompt import SystemPromptScreen
from studybuddy.ui.services import Services
from studybuddy.ui.texts import ASSISTANT_NOTICE
from studybuddy.ui.widgets.conversation_list import ConversationList, Mark
from studybuddy.ui.widgets.key_bar import KeyBar
from studybuddy.ui.widgets.mode_switch import ModeSwitch
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.status import Activity

PAGE = 60
"""Conversations that are loaded at once."""
EARLIER_PROMPTS = 100


class ChatScreen(Screen[None]):
    """Where the student is for nearly all of the time."""

    BINDINGS = bindings(Scope.EVERYWHERE)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._desk = services.desk
        self._setup = services.setup
        self._conversations: list[Conversation] = []
        self._marks: dict[str, str] = {}
        self._keymap, self._complaints = check_keymap(services.settings.keys)
        self._sidebar_wanted: bool | None = None if services.settings.sidebar else False
        self._keeper = EndpointKeeper(self, self._desk, self._setup, self._idle, self.tell)

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="sidebar"):
                yield ModeSwitch(id="mode")
                yield ConversationList(id="conversations")
            yield ConversationView(
                self._desk, reduced_motion=self._services.settings.reduced_motion, id="view"
            )
            yield Static(ASSISTANT_NOTICE, id="assistant-notice")
        yield KeyBar(id="keys")

    @property
    def view(self) -> ConversationView:
        """The conversation pane."""
        return self.query_one("#view", ConversationView)

    @property
    def list(self) -> ConversationList:
        """The list of conversations."""
        return self.query_one("#conversations", ConversationList)

    def on_mount(self) -> None:
        """Show the first frame at once; what is stored comes right after it."""
        self.view.prompt.focus()
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
        self._fold_sidebar()

    # What follows the first frame

    @work(exit_on_error=False)
    async def _begin(self) -> None:
        try:
            await self._restore()
            self.view.set_earlier(await self._desk.recent_prompts(EARLIER_PROMPTS))
        except StudyBuddyError as error:
            self.tell(error.problem)
        for problem in (*self._services.notices, *self._complaints):
            self.tell(problem)
        if self._desk.endpoint is None:
            await self._keeper.set_up(first_run=True)
            self.view.endpoint_changed()
        else:
            await self._keeper.warm_up()

    async def _restore(self) -> None:
        new = self._services.start_new or self._services.settings.start_with == "new"
        if not new and (session := await self._desk.open_last()):
            await self.view.show(session, keep_typed=True)
        await self._load_list()

    def _idle(self, activity: Activity) -> None:
        self.view.set_idle(activity)

    @on(ConversationView.EndpointNeeded)
    @work(exclusive=True, group="endpoint", exit_on_error=False)
    async def action_setup(self) -> None:
        """Choose where answers come from."""
        await self._keeper.set_up(first_run=self._desk.endpoint is None)
        self.view.endpoint_changed()

    @work(exclusive=True, group="endpoint", exit_on_error=False)
    async def action_model(self) -> None:
        """Choose the model."""
        await self._keeper.choose_model()
        self.view.endpoint_changed()

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

    async def _load_list(self) -> None:
        loaded = max(PAGE, len(self._conversations))
        self._conversations = list(await self._desk.recent(loaded))
        self._show_list()

    def _show_list(self) -> None:
        self.list.show(self._conversations, self.view.session.head.id, self._marks)

    @on(ConversationList.EndReached)
    @work(exclusive=True, group="page", exit_on_error=False)
    async def _next_page(self) -> None:
        if self._conversations:
            page = await self._desk.recent(PAGE, self._conversations[-1])
            if page:
                self._conversations.extend(page)
                self._show_list()

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
            self._marks.pop(event.conversation_id, None)
            await self.view.show(session)
            self.view.prompt.focus()
        await self._load_list()
        self.refresh_bindings()

    @on(ConversationView.TurnChanged)
    async def _turn_changed(self, event: ConversationView.TurnChanged) -> None:
        """Mark the conversation, and bring the list up to date."""
        conversation_id = event.session.head.id
        if not event.turn.over:
            self._marks[conversation_id] = Mark.BUSY
        elif event.session is self.view.session:
            self._marks.pop(conversation_id, None)
        else:
            answer = event.turn.answer
            done = answer is not None and answer.state is MessageState.COMPLETE
            self._marks[conversation_id] = Mark.DONE if done else Mark.FAILED
        self.refresh_bindings()
        try:
            await self._load_list()
        except StudyBuddyError as error:
            self.tell(error.problem)

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
        await self.view.show(self._desk.new())
        self.view.prompt.focus()
        self._show_list()
        self.refresh_bindings()

    def action_conversations(self) -> None:
        """Go to the list of conversations."""
        self._sidebar_wanted = True
        self._fold_sidebar()
        self.list.focus()

    async def action_stop(self) -> None:
        """Stop the answer on screen."""
        await self.view.stop()

    def action_retry(self) -> None:
        """Ask the last question again."""
        self.view.retry()

    def action_sidebar(self) -> None:
        """Show the sidebar, or fold it away."""
        self._sidebar_wanted = not self.query_one("#sidebar").display
        self._fold_sidebar()
        if not self._sidebar_wanted and self.list.has_focus:
            self.view.prompt.focus()

    def _fold_sidebar(self) -> None:
        wide = self.size.width >= 100
        shown = wide if self._sidebar_wanted is None else self._sidebar_wanted
        self.query_one("#sidebar").display = shown

    async def leave(self) -> None:
        """Stop what is under way, and keep it and what is typed."""
        await self.view.flush_draft()
        await self._desk.close()

    async def action_quit(self) -> None:
        """Leave the app."""
        await self.app.action_quit()

    def action_help(self) -> None:
        """Show all keys and commands."""
        self.app.push_screen(HelpScreen(self._keymap, self._services.places))

    def action_switch_pane(self) -> None:
        """Go between prompt and conversation."""
        target = self.view.transcript if self.view.prompt.has_focus else self.view.prompt
        target.focus()

    def action_mode(self) -> None:
        """Switch the mode."""
        current = self.query_one(ModeSwitch).mode
        self._set_mode(Mode.ASSISTANT if current is Mode.COMPLETION else Mode.COMPLETION)

    @on(ModeSwitch.Chosen)
    def _mode_chosen(self, event: ModeSwitch.Chosen) -> None:
        self._set_mode(event.mode)

    def _set_mode(self, mode: Mode) -> None:
        self.query_one(ModeSwitch).mode = mode
        self.set_class(mode is Mode.ASSISTANT, "-assistant")
        if mode is Mode.COMPLETION:
            self.view.prompt.focus()

    def action_previous(self) -> None:
        """Choose the message before."""
        self.view.transcript.cursor_previous()

    def action_next(self) -> None:
        """Choose the message after."""
        self.view.transcript.cursor_next()

    def action_previous_code(self) -> None:
        """Choose the code block before."""
        self.view.transcript.code_previous()

    def action_next_code(self) -> None:
        """Choose the code block after."""
        self.view.transcript.code_next()

    def action_copy_answer(self) -> None:
        """Copy the chosen message, or the last answer."""
        message = self.view.transcript.current_message() if self.view.transcript.has_focus else None
        answers = (m for m in reversed(self.view.session.messages) if m.role is Role.ASSISTANT)
        message = message or next(answers, None)
        self._copy(message.text if message else "", "the message")

    def action_copy_code(self) -> None:
        """Copy the chosen code block, or the last one."""
        self._copy(self.view.transcript.current_code() or "", "the code")

    def action_copy_here(self) -> None:
        """Copy the code block that was stepped to, or the chosen message."""
        if self.view.transcript.on_code:
            self.action_copy_code()
        else:
            self.action_copy_answer()

    def _copy(self, text: str, what: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {what}: {len(text):,} characters.", timeout=3, markup=False)
        else:
            self.notify(f"There is nothing to copy: no sign of {what} here.", timeout=4)
