"""The local OpenAI-compatible server and the process of its model."""
