"""Regrade requests: a learner asks that somebody looks at a score again, and an instructor answers.

models      a request, with its answer
services    every write: ask, answer, mark as seen
selectors   the requests of a course and of a learner; whether a learner can ask
"""
