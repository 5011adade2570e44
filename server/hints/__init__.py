"""Hints in three levels: which are open to whom, and which of them learners opened."""
