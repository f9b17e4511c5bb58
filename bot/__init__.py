"""Mailport's core: values, rules and conversations. It touches no socket, file, SDK or database."""
