"""Where the engine's answers come from: the built-in model, or another OpenAI-compatible server."""
