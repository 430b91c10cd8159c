"""The terminal app: what is seen and pressed."""
