"""What both Celery apps share: the way to Redis, the consumer, and signs of life."""
