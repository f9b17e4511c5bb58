"""The same stores in memory: for trying out, and as the simple model that the databases are tested against.

Nothing here waits, so every call is one transaction by itself.
"""
