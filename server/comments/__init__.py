"""Comments of teachers on submissions."""
