"""Whether an exercise package keeps its word."""
