"""A run as a stream of events, read by an event handler."""

from typing import Any

from openai import AssistantEventHandler, OpenAI
from typing_extensions import override

client = OpenAI()


class Handler(AssistantEventHandler):
    @override
    def on_text_created(self, text: Any) -> None:
        print("assistant > ", end="", flush=True)

    @override
    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        print(delta.value, end="", flush=True)

    @override
    def on_text_done(self, text: Any) -> None:
        print()

    @override
    def on_tool_call_created(self, tool_call: Any) -> None:
        print("tool >", tool_call.type)

    @override
    def on_end(self) -> None:
        assert self.current_run is not None
        print("status:", self.current_run.status)


assistant = client.beta.assistants.create(
    name="Math Tutor",
    instructions="You are a personal math tutor. Write and run code to answer math questions.",
    tools=[{"type": "code_interpreter"}],
    model="gpt-4o",
)
thread = client.beta.threads.create()
client.beta.threads.messages.create(
    thread_id=thread.id, role="user", content="Solve `3x + 11 = 14` for me, please."
)
with client.beta.threads.runs.stream(
    thread_id=thread.id, assistant_id=assistant.id, event_handler=Handler()
) as stream:
    stream.until_done()
