"""Watches, alerts, schedules and reports: pure rules, with the clock as an argument."""
