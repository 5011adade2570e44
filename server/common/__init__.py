"""Code that all apps share."""
