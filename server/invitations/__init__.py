"""Ways into a course: links and codes that its instructors hand out."""
