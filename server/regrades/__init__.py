"""Grading again with a new version of an exercise, first as a preview: no score changes until it is applied."""
