"""Arranges memory so that a fork copies few pages."""
