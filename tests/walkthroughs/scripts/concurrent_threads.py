"""Several threads at once, each made together with its run."""

import time

from openai import OpenAI
from openai.types.beta.threads import Run

client = OpenAI()
assistant = client.beta.assistants.create(
    name="Math Tutor",
    instructions="You are a personal math tutor. Answer questions briefly, in a sentence or less.",
    model="gpt-4-1106-preview",
)


def create_thread_and_run(text: str) -> Run:
    return client.beta.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": text}]}
    )


questions = ("What is linear algebra?", "Could you explain this to me?", "I don't like math.")
runs = [create_thread_and_run(question) for question in questions]
assert len({run.thread_id for run in runs}) == len(runs)

for run in runs:
    while run.status in ("queued", "in_progress"):
        time.sleep(0.05)
        run = client.beta.threads.runs.retrieve(thread_id=run.thread_id, run_id=run.id)
    print("status:", run.status)
    for message in client.beta.threads.messages.list(thread_id=run.thread_id, order="asc"):
        part = message.content[0]
        assert part.type == "text"
        print(f"{message.role}: {part.text.value}")
