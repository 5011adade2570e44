"""A report as plain data that a template writes out."""
