"""Submissions: from a learner's code to a report."""
