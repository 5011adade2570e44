"""LTI 1.3 Advantage: a course's way in from an LMS, and the grades' way back."""
