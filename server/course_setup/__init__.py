"""Pages that make a course: a new one, its settings, a copy for a new term, and many assignments at once."""
