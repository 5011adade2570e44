"""The grading worker: a Celery process that takes jobs, grades them in sandboxes and sends reports."""
