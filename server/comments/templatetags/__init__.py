"""Comments on pages."""
