"""Scores in a platform's gradebook."""
