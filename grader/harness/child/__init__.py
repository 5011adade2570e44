"""The process that runs one submission."""
