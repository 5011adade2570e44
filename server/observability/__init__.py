"""What operators see of this server: requests in logs and numbers, its health, its queues and outboxes."""
