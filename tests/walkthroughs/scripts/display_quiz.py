"""A function that the student carries out: display_quiz, its answers, and feedback on them."""

import json
from typing import Any

from openai import OpenAI

client = OpenAI()
QUIZ: Any = {
    "name": "display_quiz",
    "description": "Displays a quiz to the student, and returns the student's answers.",
    "parameters": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "questions": {
                "type": "array",
                "description": "An array of questions, each with a title and maybe options.",
                "items": {
                    "type": "object",
                    "properties": {
                        "question_text": {"type": "string"},
                        "question_type": {
                            "type": "string",
                            "enum": ["MULTIPLE_CHOICE", "FREE_RESPONSE"],
                        },
                        "choices": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["question_text"],
                },
            },
        },
        "required": ["title", "questions"],
    },
}

assistant = client.beta.assistants.create(
    name="Study Buddy",
    instructions="You help students to study.",
    model="gpt-4-1106-preview",
    tools=[{"type": "code_interpreter"}, {"type": "function", "function": QUIZ}],
)
thread = client.beta.threads.create()
client.beta.threads.messages.create(
    thread_id=thread.id,
    role="user",
    content="Make a quiz with 2 questions about the cell: one open, one multiple choice. "
    "Then, give me feedback for the responses.",
)
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
print("status:", run.status)
assert run.required_action is not None

outputs: Any = []
for call in run.required_action.submit_tool_outputs.tool_calls:
    print("function:", call.function.name)
    quiz = json.loads(call.function.arguments)
    print("quiz:", quiz["title"])
    answers = []
    for question in quiz["questions"]:
        assert question["question_text"]
        choices = question.get("choices") or ["I don't know."]
        answers.append(choices[0])
    outputs.append({"tool_call_id": call.id, "output": json.dumps(answers)})

run = client.beta.threads.runs.submit_tool_outputs_and_poll(
    thread_id=thread.id, run_id=run.id, tool_outputs=outputs
)
print("status:", run.status)
reply = client.beta.threads.messages.list(thread_id=thread.id).data[0]
part = reply.content[0]
assert part.type == "text"
print(f"{reply.role}:", part.text.value)
