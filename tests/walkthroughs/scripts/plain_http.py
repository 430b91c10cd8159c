"""The API without an SDK: plain HTTP with the beta header."""

import json
import os
import time
import urllib.request
from typing import Any

BASE_URL = os.environ["OPENAI_BASE_URL"]
HEADERS = {
    "Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}",
    "Content-Type": "application/json",
    "OpenAI-Beta": "assistants=v2",
}


def ask(method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE_URL + path, data, HEADERS, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


assistant = ask(
    "POST", "/assistants", {"model": "gpt-4o", "instructions": "Be brief.", "name": "Tutor"}
)
thread = ask("POST", "/threads", {})
ask("POST", f"/threads/{thread['id']}/messages", {"role": "user", "content": "What is a cell?"})
run = ask("POST", f"/threads/{thread['id']}/runs", {"assistant_id": assistant["id"]})
print("created:", run["status"])
while run["status"] in ("queued", "in_progress"):
    time.sleep(0.05)
    run = ask("GET", f"/threads/{thread['id']}/runs/{run['id']}")
print("status:", run["status"])
messages = ask("GET", f"/threads/{thread['id']}/messages?limit=1")
print("more:", messages["has_more"])
print("assistant:", messages["data"][0]["content"][0]["text"]["value"])
print("deleted:", ask("DELETE", f"/threads/{thread['id']}")["deleted"])
