"""The base template, styles and scripts of all pages."""
