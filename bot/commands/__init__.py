"""The commands: one table that declares them, and a handler for each."""
