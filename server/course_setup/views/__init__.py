"""Pages for a new course, its settings, its copies, and many assignments at once."""
