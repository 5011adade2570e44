"""The learner's pages of a course: its home and the learner's grades."""
