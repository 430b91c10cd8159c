"""Vector stores: what is in them, what is becoming of it, and who brings it in."""
