"""Regrade requests on pages."""
