"""The grading worker: a Celery process."""
