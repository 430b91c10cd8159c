"""The client side of the wire, through the openai SDK."""
