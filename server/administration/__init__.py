"""What administrators do in pages: all courses, all people, the health of the server, and the first steps."""
