"""Vocabularies and counting."""
