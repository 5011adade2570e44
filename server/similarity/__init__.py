"""Pairs of submissions that look alike. A reason to look, never a verdict."""
