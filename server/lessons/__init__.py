"""The course text, and running the code in it."""
