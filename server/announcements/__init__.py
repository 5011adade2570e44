"""Announcements: what teachers tell a whole course, by mail and on the page of the course."""
