"""Paths, database, conversations, settings and keys."""
