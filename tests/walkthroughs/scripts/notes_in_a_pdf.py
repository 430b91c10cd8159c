"""Questions about a PDF: upload, vector store, citations. Its path is the first argument."""

import sys
from pathlib import Path

from openai import OpenAI

client = OpenAI()
path = Path(sys.argv[1])

store = client.vector_stores.create(name="Course notes")
with path.open("rb") as stream:
    batch = client.vector_stores.file_batches.upload_and_poll(
        vector_store_id=store.id, files=[stream]
    )
print("batch:", batch.status, batch.file_counts.completed, "of", batch.file_counts.total)

assistant = client.beta.assistants.create(
    name="Study Buddy",
    instructions="Use your notes to answer questions.",
    model="gpt-4o",
    tools=[{"type": "file_search"}],
)
assistant = client.beta.assistants.update(
    assistant.id, tool_resources={"file_search": {"vector_store_ids": [store.id]}}
)
thread = client.beta.threads.create(
    messages=[{"role": "user", "content": "Which part of the cell makes most of its energy?"}]
)
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
print("status:", run.status)

message = client.beta.threads.messages.list(thread_id=thread.id, run_id=run.id).data[0]
part = message.content[0]
assert part.type == "text"
text = part.text
print("answer:", text.value)
for number, annotation in enumerate(text.annotations):
    assert annotation.type == "file_citation"
    assert text.value[annotation.start_index : annotation.end_index] == annotation.text
    cited = client.files.retrieve(annotation.file_citation.file_id)
    print(f"[{number}] {cited.filename}")

for step in client.beta.threads.runs.steps.list(
    run_id=run.id,
    thread_id=thread.id,
    include=["step_details.tool_calls[*].file_search.results[*].content"],
):
    if step.step_details.type == "tool_calls":
        for call in step.step_details.tool_calls:
            assert call.type == "file_search"
            for result in call.file_search.results or []:
                print(f"found: {result.file_name} {0 <= result.score <= 1}")
