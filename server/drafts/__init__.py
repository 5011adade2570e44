"""Drafts: code that learners typed but did not submit yet."""
