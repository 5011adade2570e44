"""Pages for connecting other systems to a course: API tokens and webhooks."""
