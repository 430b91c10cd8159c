"""The same by hand: a loop that polls the run, and a second question in the same thread."""

import time

from openai import OpenAI
from openai.types.beta import Thread
from openai.types.beta.threads import Run

client = OpenAI()


def submit_message(assistant_id: str, thread: Thread, text: str) -> Run:
    client.beta.threads.messages.create(thread_id=thread.id, role="user", content=text)
    return client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant_id)


def wait_on_run(run: Run, thread: Thread) -> Run:
    while run.status in ("queued", "in_progress"):
        run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
        time.sleep(0.05)
    return run


assistant = client.beta.assistants.create(
    name="Study Buddy", instructions="Answer in one sentence.", model="gpt-4o"
)
thread = client.beta.threads.create()
for question in ("What is a cell?", "Could you explain this to me again?"):
    run = wait_on_run(submit_message(assistant.id, thread, question), thread)
    assert run.status == "completed", run.last_error
    assert run.usage is not None
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens

messages = client.beta.threads.messages.list(thread_id=thread.id)
print("newest first:", [message.role for message in messages.data])
for message in reversed(messages.data):
    part = message.content[0]
    assert part.type == "text"
    print(f"{message.role}: {part.text.value}")
client.beta.threads.delete(thread.id)
print("deleted:", client.beta.assistants.delete(assistant.id).deleted)
