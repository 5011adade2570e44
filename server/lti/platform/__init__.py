"""A learning platform: its registration, the claims it sends, our keys, and requests to its services."""
