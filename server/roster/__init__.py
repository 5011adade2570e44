"""The people of a course, and taking in a list of them from elsewhere."""
