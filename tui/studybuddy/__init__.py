"""StudyBuddy: a terminal app for studying with language models."""
