"""What other systems connect to a course by: tokens for the API, and webhooks."""
