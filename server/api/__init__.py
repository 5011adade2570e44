"""The grading API: how an LMS or a script hands in code and reads scores."""
