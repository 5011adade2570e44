"""Exercises and lessons for the website: texts read from their packages, without torch."""
