"""What the engine keeps: the objects of the Assistants API, in one SQLite file."""
