"""Puts the parts together for each command: the only place, with the CLI, that sees them all."""
