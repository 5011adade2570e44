"""Pages of LTI: those that platforms open, and those for instructors."""
