"""The one table of commands: it feeds keys, key bar, palette, help and the keymap.

Keys avoid what terminals and tmux take for themselves: no ctrl+b (tmux), ctrl+s (flow
control), ctrl+m or ctrl+i (Enter and Tab), ctrl+shift (the terminal's own), F10 and F11, and alt+b
and alt+f, which Textual takes for ctrl+left and ctrl+right.
"""

from __future__ import annotations

from studybuddy.ui.command import Command, Need, Scope

COMMANDS: tuple[Command, ...] = (
    Command("help", "Help", "Show all keys and commands.", "f1", "Help"),
    Command("mode", "Switch mode", "Switch between completion and assistant mode.", "f2", "Mode"),
    Command("sidebar", "Fold sidebar", "Show or fold away the sidebar.", "f3", "Sidebar"),
    Command("model", "Choose model", "Choose the model or endpoint that answers.", "f4", "Model"),
    Command("notes", "Notes", "Add notes to the assistant, or remove some.", "f5", "Notes"),
    Command("new", "New conversation or thread", "Start a new conversation.", "ctrl+n", "New"),
    Command("conversations", "Conversations and threads", "Go to the list of conversations.",
            "ctrl+o"),
    Command("assistants", "Assistants", "Go to the list of assistants.", "ctrl+l", "Assistants"),
    Command("steps", "Steps", "Show or fold away the steps of the run.", "ctrl+g", "Steps"),
    Command("answer", "Answer", "Answer what is waited for, or choose what to do.", "ctrl+t",
            "Answer"),
    Command("carry", "Carry over", "Go on with a copy of this conversation in the other mode.",
            "shift+f2"),
    Command("stop", "Stop", "Stop the answer and keep what came.", "escape", "Stop"),
    Command("retry", "Retry", "Ask the last question again.", "ctrl+r", "Retry",
            needs=(Need.MESSAGES, Need.REST)),
    Command("copy_answer", "Copy message", "Copy the chosen or the last answer.", "f7", "Copy"),
    Command("copy_code", "Copy code", "Copy the chosen or the last code block.", "f8", "Copy code"),
    Command("system_prompt", "System prompt", "Change how the model is told to behave.", "f9",
            feature="prompts"),
    Command("tokens", "Tokens and cost", "Show what the next request is made of, and costs.",
            "shift+f4,alt+t", feature="tokens"),
    Command("token_view", "Token view", "Show the prompt as coloured tokens.", "shift+f5,alt+v",
            feature="tokens"),
    Command("usage", "Usage", "Show what was used and paid so far.", "shift+f6,alt+u",
            feature="tokens"),
    Command("limits", "Limits", "Set the longest answer, and what happens to what is too long.",
            "shift+f9,alt+l", feature="limits"),
    Command("lift_budget", "Lift budget", "Go on beyond a budget that is used up.", ""),
    Command("filler_words", "Leave out filler words", "Switch on or off: leave words that say "
            "nothing out of prompts, shown before sending.", "", feature="savings"),
    Command("keep_answers", "Keep answers", "Switch on or off: give an answer again where the "
            "same is asked in the same context.", "", feature="savings"),
    Command("steady_prefix", "Steady beginning", "Switch on or off: keep the beginning of requests "
            "the same, for servers that charge less for it.", "", feature="savings"),
    Command("clear_kept_answers", "Clear kept answers", "Forget the answers that were kept.", "",
            feature="savings"),
    # Asking again, and differently
    Command("differently", "Ask differently", "Have the answer given again: simpler, with an "
            "example, as steps, as an analogy, by another model.", "alt+r", "Differently",
            feature="rework", needs=(Need.MESSAGES, Need.REST)),
    Command("edit_question", "Edit question", "Change the chosen or the last question, and ask it "
            "again.", "alt+e", feature="rework", needs=(Need.MESSAGES, Need.REST)),
    Command("continue", "Continue", "Have an answer that was cut go on.", "alt+c",
            feature="rework", needs=(Need.MESSAGES, Need.REST)),
    Command("previous_alternative", "Previous version", "Show the version before of the chosen "
            "message, or of the last that has any.", "alt+left", feature="rework",
            needs=(Need.MESSAGES, Need.REST)),
    Command("next_alternative", "Next version", "Show the version after.", "alt+right",
            feature="rework", needs=(Need.MESSAGES, Need.REST)),
    Command("compare", "Compare versions", "Read two versions of an answer side by side.",
            "alt+d", feature="rework", needs=(Need.MESSAGES,)),
    Command("undo", "Undo", "Bring back what was deleted or moved last.", "alt+z",
            feature="undo"),
    # Finding and ordering
    Command("find", "Find", "Search all conversations.", "ctrl+f", "Find", feature="find"),
    Command("rename", "Rename conversation", "Give the conversation another title.", "alt+n",
            feature="order"),
    Command("pin_conversation", "Pin conversation", "Keep the conversation at the top of the list, "
            "or no longer.", "", feature="order"),
    Command("archive", "Archive conversation", "Put the conversation out of the way, or back.", "",
            feature="order"),
    Command("folder", "Move to folder", "Put the conversation into a folder.", "",
            feature="order"),
    Command("delete_conversation", "Delete conversation", "Delete the conversation; Undo brings it "
            "back.", "", feature="order"),
    Command("shelf", "Choose list", "List a folder, or what was archived or deleted.", "",
            feature="order"),
    # Prompts
    Command("persona", "Persona", "Choose who answers in this conversation, and with which "
            "examples.", "alt+p", feature="prompts"),
    Command("templates", "Templates", "Fill in a template; / in the prompt does the same.", "alt+i",
            feature="prompts"),
    Command("editor", "Open in editor", "Write the prompt in your own editor ($EDITOR).", "alt+o",
            feature="prompts"),
    Command("attach_file", "Put in a file", "Put a file into the prompt; @ does the same.", "",
            feature="prompts"),
    # In and out
    Command("export", "Export", "Write a conversation, a part, or everything to a file.", "alt+x",
            feature="in_out"),
    Command("import", "Import", "Read conversations from a file of Study Buddy or ChatGPT.", "",
            feature="in_out"),
    Command("settings", "Settings", "Change settings, colours and keys.", "shift+f12,alt+s",
            feature="settings"),
    Command("setup", "Set up", "Paste a key, or choose a server or the built-in model.", "f12"),
    Command("switch_pane", "Switch pane", "Go between prompt and conversation.", "f6"),
    Command("palette", "Command palette", "Find a command by its name.", "ctrl+p", "Menu"),
    Command("theme", "Change theme", "Choose the colours.", "", feature="settings"),
    Command("keymap", "Change keys", "Give commands other keys.", "", feature="settings"),
    Command("screen_reader", "Screen-reader mode", "Switch on or off: plain text for screen "
            "readers, with numbers for choices.", "", feature="settings"),
    Command("quit", "Quit", "Leave; everything is kept.", "ctrl+q", "Quit"),
    Command("send", "Send", "Send the prompt.", "enter", scope=Scope.PROMPT),
    Command(
        "newline", "New line", "Start a new line.", "ctrl+j,shift+enter,alt+enter", "", Scope.PROMPT
    ),
    Command(
        "page_up", "Scroll up", "Scroll the conversation up.", "pageup", scope=Scope.PROMPT
    ),
    Command(
        "page_down", "Scroll down", "Scroll the conversation down.", "pagedown", scope=Scope.PROMPT
    ),
    Command(
        "follow", "Follow the end", "Go to the end of the conversation.", "ctrl+end", "",
        Scope.PROMPT,
    ),
    Command("previous", "Previous message", "Choose the message before.", "up,k", "",
            Scope.TRANSCRIPT),
    Command("next", "Next message", "Choose the message after.", "down,j", "", Scope.TRANSCRIPT),
    Command("previous_code", "Previous code block", "Choose the code block before.",
            "left_square_bracket", "", Scope.TRANSCRIPT),
    Command("next_code", "Next code block", "Choose the code block after.",
            "right_square_bracket", "", Scope.TRANSCRIPT),
    Command("previous_citation", "Previous citation", "Choose the citation before.", "p", "",
            Scope.TRANSCRIPT),
    Command("next_citation", "Next citation", "Choose the citation after.", "n", "Citation",
            Scope.TRANSCRIPT),
    Command("open_citation", "Open citation", "Open the note at the passage that is cited.",
            "enter", "Open", Scope.TRANSCRIPT),
    Command("copy_here", "Copy", "Copy the chosen code block or message.", "c,y", "Copy",
            Scope.TRANSCRIPT),
    Command("pin", "Pin message", "Keep the chosen message in the context, or no longer.",
            "asterisk", "Pin", Scope.TRANSCRIPT),
    Command("last_question", "Last question", "Choose the last question; again, the one before.",
            "g", "", Scope.TRANSCRIPT),
    Command("fold", "Fold message", "Fold the chosen message, or unfold it.", "f", "Fold",
            Scope.TRANSCRIPT),
    Command("reasoning", "Reasoning", "Show what the model thought before it answered, or fold it.",
            "t", "", Scope.TRANSCRIPT),
    Command("next_formula", "Next formula", "Choose the formula or image after; c copies its "
            "LaTeX.", "m", "", Scope.TRANSCRIPT),
    Command("previous_formula", "Previous formula", "Choose the formula or image before.", "M", "",
            Scope.TRANSCRIPT),
    Command("code_right", "Scroll code right", "See the end of long lines of code.",
            "shift+right", "", Scope.TRANSCRIPT),
    Command("code_left", "Scroll code left", "Go back to the beginning of long lines.",
            "shift+left", "", Scope.TRANSCRIPT),
    Command("wrap_code", "Wrap code", "Wrap long lines of code, or let them scroll.", "w", "",
            Scope.TRANSCRIPT),
    Command("edit_here", "Edit", "Change the chosen question, and ask it again.", "e", "Edit",
            Scope.TRANSCRIPT, "rework", (Need.MESSAGES, Need.REST)),
    Command("differently_here", "Ask differently", "Have the chosen answer given again, "
            "differently.", "r", "", Scope.TRANSCRIPT, "rework", (Need.MESSAGES, Need.REST)),
    Command("previous_here", "Previous version", "Show the version before of the chosen message.",
            "left,h", "", Scope.TRANSCRIPT, "rework", (Need.MESSAGES, Need.REST)),
    Command("next_here", "Next version", "Show the version after of the chosen message.", "right,l",
            "", Scope.TRANSCRIPT, "rework", (Need.MESSAGES, Need.REST)),
    Command("compare_here", "Compare versions", "Read two versions of the chosen message side by "
            "side.", "v", "", Scope.TRANSCRIPT, "rework", (Need.MESSAGES,)),
    Command("delete_message", "Delete message", "Delete the chosen message; u brings it back.",
            "delete,backspace,d", "Delete", Scope.TRANSCRIPT, "rework", (Need.MESSAGES, Need.REST)),
    Command("undo_here", "Undo", "Bring back what was deleted last.", "u", "", Scope.TRANSCRIPT,
            "undo"),
    Command("quote", "Put into prompt", "Put the chosen code block or message into the prompt.",
            "i", "", Scope.TRANSCRIPT, "code"),
    Command("save_code", "Save code", "Save the chosen or the last code block to a file.", "s",
            "", Scope.TRANSCRIPT, "code", (Need.CODE,)),
    Command("rename_here", "Rename", "Give the conversation another title.", "r", "Rename",
            Scope.CONVERSATIONS, "order"),
    Command("pin_here", "Pin", "Keep it at the top of the list, or no longer.", "asterisk", "Pin",
            Scope.CONVERSATIONS, "order"),
    Command("archive_here", "Archive", "Put it out of the way, or back.", "a", "Archive",
            Scope.CONVERSATIONS, "order"),
    Command("folder_here", "Move to folder", "Put it into a folder.", "m", "Folder",
            Scope.CONVERSATIONS, "order"),
    Command("shelf_here", "Choose list", "List a folder, or what was archived or deleted.", "f",
            "List", Scope.CONVERSATIONS, "order"),
    Command("delete_here", "Delete", "Delete it; u brings it back.", "delete,backspace,d",
            "Delete", Scope.CONVERSATIONS, "order"),
    Command("undo_list", "Undo", "Bring back what was deleted or moved last.", "u", "",
            Scope.CONVERSATIONS, "undo"),
    Command("find_here", "Find", "Search all conversations.", "slash", "", Scope.CONVERSATIONS,
            "find"),
    Command("new_assistant", "New assistant", "Make an assistant of your own.", "n,insert",
            "New", Scope.ASSISTANTS),
    Command("edit_assistant", "Edit assistant", "Change the assistant's name, instructions, tools.",
            "e", "Edit", Scope.ASSISTANTS),
    Command("duplicate_assistant", "Duplicate assistant", "Make a copy of the assistant.", "d",
            "Duplicate", Scope.ASSISTANTS),
    Command("delete_assistant", "Delete assistant", "Delete the assistant with its notes.",
            "delete,backspace", "Delete", Scope.ASSISTANTS),
)  # fmt: skip

ASSISTANT_MODE = frozenset({"notes", "assistants", "steps", "answer"}) | frozenset(
    command.id for command in COMMANDS if command.scope is Scope.ASSISTANTS
)
"""Commands that assistant mode alone has."""
