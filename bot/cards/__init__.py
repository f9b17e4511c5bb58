"""The platform-neutral message model, and the cards of every result."""
