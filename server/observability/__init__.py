"""What operators see of this server: requests in logs and metrics, its health, its queues and outboxes."""
