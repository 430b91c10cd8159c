"""StudyBuddy: a terminal app for studying with language models."""

__version__ = "0.1.0"
