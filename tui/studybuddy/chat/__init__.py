"""One conversation's life: send, stop, retry, and what fits the context."""
