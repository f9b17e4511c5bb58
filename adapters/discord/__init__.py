"""Discord, on discord.py; imported here once, so that its voice part's deprecation is in nobody's log."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py imports `audioop`, which we never use
    import discord  # noqa: F401
