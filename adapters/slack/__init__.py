"""Slack: its events become Requests, Cards become Block Kit."""
