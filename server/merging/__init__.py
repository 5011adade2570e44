"""Merging two accounts of one person."""
