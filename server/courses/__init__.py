"""Courses, their members, and what each role can do."""
