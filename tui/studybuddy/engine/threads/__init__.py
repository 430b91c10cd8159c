"""Assistants, threads and messages: what a request may say of them, and how they are made."""
