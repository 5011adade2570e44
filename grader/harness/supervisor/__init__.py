"""The first process of a sandbox, and the fork server beside it."""
