"""The client side of the Assistants API v2."""
