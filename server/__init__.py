"""The website: who may hand in what, and what they got."""

from server.celery import app as celery_app

__all__ = ["celery_app"]
