"""The members of a course, and importing them from a CSV file."""
