"""The instructor's pages: what a class does, what it gets wrong, and its grades."""
