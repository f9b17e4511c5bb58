"""The browser, health and metrics."""
