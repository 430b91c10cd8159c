"""How a run works: its states, its loop over model and tools, and what tells of it."""
