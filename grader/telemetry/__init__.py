"""Logs, metrics, and the ids that tasks carry."""
