"""The first walk-through: an assistant, a thread, a message, a run, and its steps."""

from openai import OpenAI

client = OpenAI()

assistant = client.beta.assistants.create(
    name="Math Tutor",
    instructions="You are a personal math tutor. Write and run code to answer math questions.",
    tools=[{"type": "code_interpreter"}],
    model="gpt-4-1106-preview",
)
thread = client.beta.threads.create()
message = client.beta.threads.messages.create(
    thread_id=thread.id,
    role="user",
    content="I need to solve the equation `3x + 11 = 14`. Can you help me?",
)
run = client.beta.threads.runs.create_and_poll(
    thread_id=thread.id,
    assistant_id=assistant.id,
    instructions="Please address the user as Jane Doe. The user has a premium account.",
)
print("status:", run.status)
print("model:", run.model)

for step in client.beta.threads.runs.steps.list(run_id=run.id, thread_id=thread.id, order="asc"):
    details = step.step_details
    if details.type == "tool_calls":
        for call in details.tool_calls:
            assert call.type == "code_interpreter"
            print("code:", call.code_interpreter.input)
            for output in call.code_interpreter.outputs:
                print("logs:", output.logs.strip() if output.type == "logs" else output.type)

for reply in client.beta.threads.messages.list(thread_id=thread.id, order="asc", after=message.id):
    for part in reply.content:
        if part.type == "text":
            print(f"{reply.role}:", part.text.value)
