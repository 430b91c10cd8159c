"""The built-in model: its weights, its process, and what looks after that."""
