"""The pictures in the README, and what takes them: `make screenshots`."""
