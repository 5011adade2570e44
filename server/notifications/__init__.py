"""News for people by mail: comments, decisions, regrades and deadlines; and what mail a person wants.

What happens within some minutes reaches a person as one mail for each course.
"""
