"""Probing: conversations as pure state machines, and the one driver that runs them."""
