"""An LMS platform: its registration, keys, services and links."""
