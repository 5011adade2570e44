"""The lessons of a course, and runs of the code in them."""
