"""The process that serves one submission."""
