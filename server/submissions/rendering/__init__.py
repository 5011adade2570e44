"""Reports as plain data for templates."""
