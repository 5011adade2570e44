"""Template tags of hints."""
