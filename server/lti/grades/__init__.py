"""Scores in a platform's gradebook (LTI: Assignment and Grade Services)."""
